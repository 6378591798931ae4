import type { Cells } from '../base/index.ts';

/**
 * The tail of a detector's own scores: peaks over threshold. The threshold follows a high quantile; what lies above it
 * is counted by clusters, because an hour of high scores is one event and not sixty. Cluster peaks are taken as
 * Pareto (their logarithms as exponential), which suits both mild and heavy tails, so three learned numbers say how
 * high a score is reached once in so many readings.
 */
const cell = {
  /** The score that about one reading in a hundred exceeds. */
  threshold: 0,
  /** Mean logarithm of a cluster's peak over the threshold. */
  excess: 1,
  /** Clusters a reading. */
  rate: 2,
  clusters: 3,
  /** Highest score of the cluster that goes on, 0 when none does, and readings since it was above the threshold. */
  peak: 4,
  calm: 5,
  /** What the threshold is multiplied by at each score below it, once the speed is steady; 0: not known. */
  fall: 6,
} as const;

export { cell as tailCell };
export type TailState = Cells<typeof cell>;

const share = 0.01;
/** What is believed before anything was seen: a tail between a normal and a heavy one, worth this many clusters. */
const priorThreshold = 2.3;
const priorExcess = 0.25;
const priorRate = share / 3;
const priorClusters = 8;
/** Readings below the threshold that end a cluster. */
const clusterGap = 24;
const memoryReadings = 2000;
/** What the prior counts for, and after how many readings the tail learns at a steady speed. */
const priorReadings = priorClusters / share;
const steadyAfter = memoryReadings - priorReadings;
const steadyRate = 1 / memoryReadings;
const memoryClusters = 40;
const thresholdMin = 0.3;
const thresholdMax = 1000;
/** One reading moves the threshold at most by this share of itself. */
const thresholdMove = 0.05;
/** The tail is not trusted further out than e to this power over the threshold. */
const reachMax = 5;

export function tailInit(tail: TailState): void {
  tail[cell.threshold] = priorThreshold;
  tail[cell.excess] = priorExcess;
  tail[cell.rate] = priorRate;
  tail[cell.clusters] = 0;
  tail[cell.peak] = 0;
  tail[cell.calm] = 0;
  tail[cell.fall] = 0;
}

/** The score reached once in `period` readings, as far as the tail is known. */
export function tailLevel(tail: TailState, period: number): number {
  const reach = tail[cell.excess] * Math.max(0, Math.log(tail[cell.rate] * period));
  return tail[cell.threshold] * Math.exp(Math.min(reach, reachMax));
}

/**
 * Learns one score; changes only `tail`. `seen`: readings before it; `slow`: factor on the speed, below 1 while a
 * finding is open. The caller cuts the score off, so that one event does not lift the bar over all that follow.
 */
export function tailLearn(tail: TailState, score: number, seen: number, slow: number): void {
  const steady = seen >= steadyAfter;
  const rate = (steady ? steadyRate : 1 / (seen + priorReadings)) * slow;
  const before = tail[cell.threshold];
  // Most scores are below the threshold, and the fall changes with the clusters only.
  const falls = steady && slow === 1 && score <= before;
  const known = falls ? tail[cell.fall] : 0;
  const move = known === 0 ? moveOf(tail, score > before, rate) : known;
  if (falls) tail[cell.fall] = move;
  const threshold = Math.max(thresholdMin, Math.min(thresholdMax, before * move));
  tail[cell.threshold] = threshold;
  const clusters = tail[cell.rate];
  const ended = (score > threshold || tail[cell.peak] > 0) && clusterEnds(tail, score > threshold, score) ? 1 : 0;
  tail[cell.rate] = clusters + rate * (ended - clusters);
}

/** Follows the cluster that goes on, or begins; returns whether it is over, and learned. */
function clusterEnds(tail: TailState, above: boolean, score: number): boolean {
  if (above) {
    tail[cell.peak] = Math.max(tail[cell.peak], score);
    tail[cell.calm] = 0;
    return false;
  }
  tail[cell.calm] += 1;
  if (tail[cell.calm] < clusterGap) return false;
  learnCluster(tail);
  return true;
}

function moveOf(tail: TailState, above: boolean, rate: number): number {
  const pull = ((above ? 1 - share : -share) / share) * Math.max(tail[cell.excess], 0.05) * rate;
  return Math.exp(Math.max(-thresholdMove, Math.min(thresholdMove, pull)));
}

function learnCluster(tail: TailState): void {
  tail[cell.clusters] = Math.min(tail[cell.clusters] + 1, memoryClusters);
  const weight = 1 / Math.min(tail[cell.clusters] + priorClusters, memoryClusters);
  tail[cell.excess] += weight * (Math.max(0, Math.log(tail[cell.peak] / tail[cell.threshold])) - tail[cell.excess]);
  tail[cell.peak] = 0;
  tail[cell.calm] = 0;
  tail[cell.fall] = 0;
}
