import type { DeviceAdmission } from '../admission/index.ts';
import type { StoreInspection } from '../store/index.ts';
import { type BootRange, NumberRanges } from './verify-ranges.ts';

/** The numbers that the ledger has seen, of the device's last boots. */
export type SeenNumbers = DeviceAdmission['boots'];

/**
 * Numbers that the ledger has seen of a device and the store has no report of: what is missing where the log is gone.
 * A number of which only a report came that could not be used is among them.
 */
export function missingNumbers(
  store: Pick<StoreInspection, 'parts'> | undefined,
  seen: ReadonlyMap<string, SeenNumbers>,
): ReadonlyMap<string, readonly BootRange[]> {
  const stored = storedNumbers(store, seen);
  const missing = new Map<string, readonly BootRange[]>();
  for (const [device, boots] of seen) {
    const ranges = boots.flatMap(({ boot, intervals }) => {
      const held = stored.get(device)?.get(boot)?.list() ?? [];
      return pairs(intervals).flatMap((interval) => without(interval, held).map((range) => ({ boot, ...range })));
    });
    missing.set(device, ranges);
  }
  return missing;
}

type Range = Omit<BootRange, 'boot'>;

function storedNumbers(
  store: Pick<StoreInspection, 'parts'> | undefined,
  seen: ReadonlyMap<string, SeenNumbers>,
): Map<string, Map<string, NumberRanges>> {
  const stored = new Map<string, Map<string, NumberRanges>>();
  for (const part of seen.size === 0 ? [] : (store?.parts() ?? [])) {
    if (part.kind === 'damage' || !seen.has(part.device)) continue;
    const byBoot = stored.get(part.device) ?? new Map<string, NumberRanges>();
    stored.set(part.device, byBoot);
    for (let row = 0; row < part.count; row++) {
      const boot = part.boots[row];
      const seq = part.seqs[row];
      if (typeof boot !== 'string' || typeof seq !== 'number') continue;
      const ranges = byBoot.get(boot) ?? new NumberRanges();
      byBoot.set(boot, ranges);
      ranges.add(seq);
    }
  }
  return stored;
}

function pairs(intervals: readonly number[]): Range[] {
  const ranges: Range[] = [];
  for (let i = 0; i + 1 < intervals.length; i += 2) ranges.push({ from: intervals[i] ?? 0, to: intervals[i + 1] ?? 0 });
  return ranges;
}

/** What is left of an interval without the held ranges, which are ascending and apart. */
function without({ from, to }: Range, held: readonly Range[]): Range[] {
  const left: Range[] = [];
  let next = from;
  for (const range of held) {
    if (range.to < next) continue;
    if (range.from > to) break;
    if (range.from > next) left.push({ from: next, to: range.from - 1 });
    next = range.to + 1;
  }
  return next <= to ? [...left, { from: next, to }] : left;
}
