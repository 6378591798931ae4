/**
 * The tail of a detector's own scores: peaks over threshold. The threshold follows a high quantile; what lies above it
 * is counted by clusters, because an hour of high scores is one event and not sixty. Cluster peaks are taken as
 * Pareto (their logarithms as exponential), which suits both mild and heavy tails, so three learned numbers say how
 * high a score is reached once in so many readings.
 */
export interface TailState {
  /** The score that about one reading in a hundred exceeds. */
  threshold: number;
  /** Mean logarithm of a cluster's peak over the threshold. */
  excess: number;
  /** Clusters a reading. */
  rate: number;
  clusters: number;
  /** Highest score of the cluster that goes on, 0 when none does, and readings since it was above the threshold. */
  peak: number;
  calm: number;
}

const share = 0.01;
/** What is believed before anything was seen: a tail between a normal and a heavy one, worth this many clusters. */
const priorThreshold = 2.3;
const priorExcess = 0.25;
const priorRate = share / 3;
const priorClusters = 8;
/** Readings below the threshold that end a cluster. */
const clusterGap = 24;
const memoryReadings = 2000;
const memoryClusters = 40;
const thresholdMin = 0.3;
const thresholdMax = 1000;
/** One reading moves the threshold at most by this share of itself. */
const thresholdMove = 0.05;
/** The tail is not trusted further out than e to this power over the threshold. */
const reachMax = 5;

export function tailInit(): TailState {
  return { threshold: priorThreshold, excess: priorExcess, rate: priorRate, clusters: 0, peak: 0, calm: 0 };
}

/** The score reached once in `period` readings, as far as the tail is known. */
export function tailLevel(tail: TailState, period: number): number {
  const reach = tail.excess * Math.max(0, Math.log(tail.rate * period));
  return tail.threshold * Math.exp(Math.min(reach, reachMax));
}

/**
 * Learns one score; changes only `tail`. `seen`: readings before it; `slow`: factor on the speed, below 1 while a
 * finding is open. The caller cuts the score off, so that one event does not lift the bar over all that follow.
 */
export function tailLearn(tail: TailState, score: number, seen: number, slow: number): void {
  const rate = Math.max(1 / (seen + priorClusters / share), 1 / memoryReadings) * slow;
  const above = score > tail.threshold;
  const pull = ((above ? 1 - share : -share) / share) * Math.max(tail.excess, 0.05) * rate;
  const move = Math.exp(Math.max(-thresholdMove, Math.min(thresholdMove, pull)));
  tail.threshold = Math.max(thresholdMin, Math.min(thresholdMax, tail.threshold * move));
  let ended = 0;
  if (score > tail.threshold) {
    tail.peak = Math.max(tail.peak, score);
    tail.calm = 0;
  } else if (tail.peak > 0) {
    tail.calm += 1;
    if (tail.calm >= clusterGap) ended = 1;
  }
  if (ended === 1) learnCluster(tail);
  tail.rate += rate * (ended - tail.rate);
}

function learnCluster(tail: TailState): void {
  tail.clusters = Math.min(tail.clusters + 1, memoryClusters);
  const weight = 1 / Math.min(tail.clusters + priorClusters, memoryClusters);
  tail.excess += weight * (Math.max(0, Math.log(tail.peak / tail.threshold)) - tail.excess);
  tail.peak = 0;
  tail.calm = 0;
}
