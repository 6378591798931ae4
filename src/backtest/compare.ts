import { dayMs } from '../base/index.ts';
import { caseRestMs, type DeskCase } from './case-desk.ts';

/** What became of one case under the other pack. */
export const changeKinds = ['added', 'removed', 'earlier', 'later', 'same'] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** A case of either pack, or one of each that are the same case. */
export interface CaseMatch {
  readonly kind: ChangeKind;
  readonly device: string;
  readonly failureMode: string;
  /** Under the pack that is compared with; undefined: it would not open there. */
  readonly against: DeskCase | undefined;
  readonly candidate: DeskCase | undefined;
}

/** Event time, epoch ms, `from` inclusive, `to` exclusive. */
export interface CaseRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Holds cases under two packs against each other, by device and failure mode, in the order of event time. Two are the
 * same case when their spells overlap, or when not more than a case's rest lies between them. Those of which none
 * opened in the range are left out.
 */
export function compareCases(
  against: readonly DeskCase[],
  candidate: readonly DeskCase[],
  range: CaseRange,
): readonly CaseMatch[] {
  const keys = new Set([...against, ...candidate].map(keyOf));
  const before = Map.groupBy(against, keyOf);
  const after = Map.groupBy(candidate, keyOf);
  const isInside = (item: DeskCase | undefined) =>
    item !== undefined && item.openedAt >= range.from && item.openedAt < range.to;
  return [...keys]
    .flatMap((key) => matchInOrder(inOrder(before.get(key)), inOrder(after.get(key))))
    .filter((match) => isInside(match.against) || isInside(match.candidate))
    .sort(byTime);
}

/** A storm is one of its source, whichever device it met first. */
const keyOf = ({ product, device, failureMode, storm }: DeskCase): string =>
  storm === null ? `${device}\n${failureMode}` : `storm ${storm}\n${product}`;

function inOrder(cases: readonly DeskCase[] = []): DeskCase[] {
  return cases.toSorted((a, b) => a.openedAt - b.openedAt);
}

function matchInOrder(against: readonly DeskCase[], candidate: readonly DeskCase[]): CaseMatch[] {
  const matches: CaseMatch[] = [];
  let a = 0;
  let c = 0;
  for (;;) {
    const before = against[a];
    const after = candidate[c];
    if (before === undefined && after === undefined) return matches;
    if (before && after && isSameCase(before, after) && !hasBetter(before, after, against[a + 1], candidate[c + 1])) {
      matches.push(matchOf(before, after));
      a += 1;
      c += 1;
    } else if (after === undefined || (before && before.openedAt <= after.openedAt)) {
      matches.push(matchOf(before, undefined));
      a += 1;
    } else {
      matches.push(matchOf(undefined, after));
      c += 1;
    }
  }
}

function isSameCase(a: DeskCase, b: DeskCase): boolean {
  const [first, second] = a.startsAt <= b.startsAt ? [a, b] : [b, a];
  return second.startsAt - (first.endsAt ?? Number.POSITIVE_INFINITY) < caseRestMs;
}

/** Whether the earlier of the two leaves its place to its own successor, which begins nearer to the other. */
function hasBetter(
  before: DeskCase,
  after: DeskCase,
  nextBefore: DeskCase | undefined,
  nextAfter: DeskCase | undefined,
): boolean {
  const [other, next] = before.openedAt <= after.openedAt ? [after, nextBefore] : [before, nextAfter];
  if (next === undefined || !isSameCase(next, other)) return false;
  return Math.abs(next.openedAt - other.openedAt) < Math.abs(before.openedAt - after.openedAt);
}

function matchOf(against: DeskCase | undefined, candidate: DeskCase | undefined): CaseMatch {
  const known = against ?? candidate;
  const { device = '', failureMode = '' } = known ?? {};
  return { kind: kindOf(against, candidate), device, failureMode, against, candidate };
}

function kindOf(against: DeskCase | undefined, candidate: DeskCase | undefined): ChangeKind {
  if (against === undefined) return 'added';
  if (candidate === undefined) return 'removed';
  if (candidate.openedAt === against.openedAt) return 'same';
  return candidate.openedAt < against.openedAt ? 'earlier' : 'later';
}

/** Event time of the first of a match's cases. */
export function matchAt({ against, candidate }: CaseMatch): number {
  return Math.min(against?.openedAt ?? Number.POSITIVE_INFINITY, candidate?.openedAt ?? Number.POSITIVE_INFINITY);
}

function byTime(a: CaseMatch, b: CaseMatch): number {
  return matchAt(a) - matchAt(b) || compareText(a.device, b.device) || compareText(a.failureMode, b.failureMode);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Cases by calendar week of event time (from Monday, UTC), without holes. */
export interface WeekCount {
  readonly from: number;
  readonly against: number;
  readonly candidate: number;
}

const weekMs = 7 * dayMs;
/** 1970-01-05, a Monday. */
const firstMonday = 4 * dayMs;
/** Ten years and more: what lies before is not listed. */
const weeksMax = 530;

export function countByWeek(matches: readonly CaseMatch[], range: CaseRange): readonly WeekCount[] {
  const weekOf = (at: number) => Math.floor((at - firstMonday) / weekMs) * weekMs + firstMonday;
  const counts = new Map<number, { against: number; candidate: number }>();
  for (const match of matches) {
    for (const side of ['against', 'candidate'] as const) {
      const opened = match[side]?.openedAt;
      if (opened === undefined || opened < range.from || opened >= range.to) continue;
      const week = counts.get(weekOf(opened)) ?? { against: 0, candidate: 0 };
      week[side] += 1;
      counts.set(weekOf(opened), week);
    }
  }
  const last = weekOf(range.to - 1);
  const first = Math.max(weekOf(range.from), last - (weeksMax - 1) * weekMs);
  const weeks: WeekCount[] = [];
  for (let from = first; from <= last; from += weekMs) {
    weeks.push({ from, against: 0, candidate: 0, ...counts.get(from) });
  }
  return weeks;
}

/** A device whose cases would change. */
export interface DeviceChange {
  readonly device: string;
  readonly added: number;
  readonly removed: number;
  readonly earlier: number;
  readonly later: number;
}

/** Devices whose cases would change, those with the most first: cases that come or go before those that move. */
export function devicesToLookAt(matches: readonly CaseMatch[]): readonly DeviceChange[] {
  const counts = new Map<string, Record<ChangeKind, number>>();
  for (const { device, kind } of matches) {
    if (kind === 'same') continue;
    const own = counts.get(device) ?? { added: 0, removed: 0, earlier: 0, later: 0, same: 0 };
    own[kind] += 1;
    counts.set(device, own);
  }
  const rank = ({ added, removed, earlier, later }: DeviceChange) => 1_000 * (added + removed) + earlier + later;
  return [...counts]
    .map(([device, { added, removed, earlier, later }]) => ({ device, added, removed, earlier, later }))
    .sort((a, b) => rank(b) - rank(a) || compareText(a.device, b.device));
}
