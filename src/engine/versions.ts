import { earlierVersionsMax } from '../product/index.ts';
import { comparePositions, isBehind, type Position } from './hindsight.ts';
import type { Judge } from './judge.ts';

/** A version of the pack that a device is judged under. */
export interface VersionSince {
  readonly version: Judge['version'];
  /** The first report judged under it; undefined before there is one. */
  readonly from: Position | undefined;
  /** A tick brought it, between that report and the one before it. */
  readonly byTick?: true;
}

/** The one in force, and those before it that the catalogue keeps. */
const versionsMax = earlierVersionsMax + 1;

/** Notes under which version a report is judged as it comes, so that what comes late before it is not. */
export function noteVersion(
  known: readonly VersionSince[],
  version: Judge['version'],
  position: Position,
): readonly VersionSince[] {
  const last = known.at(-1);
  if (last?.version === version && last.from) return known;
  const begun = known.map((item) => (item.from ? item : { ...item, from: position }));
  return last?.version === version ? begun : [...begun, { version, from: position }].slice(-versionsMax);
}

/** The same for a tick, which judges without a report. */
export function noteVersionByTick(
  known: readonly VersionSince[],
  version: Judge['version'],
  judgedTo: Position | undefined,
): readonly VersionSince[] {
  if (known.at(-1)?.version === version) return known;
  if (judgedTo === undefined) return [{ version, from: undefined }];
  return [...known, { version, from: undefined, byTick: true } as const].slice(-versionsMax);
}

/**
 * A tick changed what is known since the report before this one: a snapshot of it is not what held behind that report, which
 * is what comes late between the two is judged from.
 */
export function isBehindTick(known: readonly VersionSince[], report: Position): boolean {
  return known.some(
    ({ byTick, from }) => byTick === true && from !== undefined && comparePositions(from, report) === 0,
  );
}

/**
 * The versions that a stretch was judged under, in order; those that have no report yet come last. A report that comes late
 * is judged under that of the one before it in event time, and before all others under that of the first.
 */
export function courseOf(
  known: readonly VersionSince[],
  base: { readonly version: Judge['version'] | undefined; readonly position: Position | undefined },
): readonly VersionSince[] {
  const behind = known.filter(({ from }) => from === undefined || isBehind(from, base.position));
  return base.version === undefined ? behind : [{ version: base.version, from: base.position }, ...behind];
}

/** Whether a report is judged under this version, or one behind it. */
export function isReached({ from }: VersionSince, report: Position): boolean {
  return from !== undefined && comparePositions(from, report) <= 0;
}
