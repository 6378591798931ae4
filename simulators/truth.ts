import { formatInstant } from '../src/base/index.ts';

/** What is broken: the machine, one of its sensors, or its link. */
export type FaultKind = 'product' | 'sensor' | 'link';

/**
 * What is physically true of a device: one fault, from its first change to its repair. Times are epoch ms of true time.
 *
 * For a score card: a case of the device that opens within `[startsAt, endsAt]` and has `failureMode` or one of
 * `alsoFits` is right; one of another mode there has named the wrong cause; one that opens after `endsAt` and until
 * `settledAt` is the echo of a repair (windows and bands still remember) and counts as nothing; every other case is
 * false. A fault is missed when no right case opened before `endsAt`, if its `noticeableAt` was reached. Lead time is
 * `failsAt` minus the case's `openedAt`: negative when the customer noticed first.
 */
export interface Truth {
  readonly device: string;
  readonly product: string;
  /** Id of the fault: `refrigerant-leak`, `sensor-stuck`. */
  readonly fault: string;
  readonly kind: FaultKind;
  /** The signal whose sensor fails; undefined for the other kinds. */
  readonly signal: string | undefined;
  /** Id of the failure mode of the product's pack that it should lead to. */
  readonly failureMode: string;
  /**
   * Failure modes that are true of it as well: a leaking refrigerator loses its cooling in the end. `anomaly` is always
   * among them, since it names no cause that could be wrong.
   */
  readonly alsoFits: readonly string[];
  /** The first physical change. */
  readonly startsAt: number;
  /** When the signals leave what is normal: nobody can be asked to see it earlier. */
  readonly noticeableAt: number;
  /**
   * When the function is lost and the customer notices; may lie beyond the end of the run. Undefined for sensors and
   * links: the machine goes on, so there is no lead time to be had.
   */
  readonly failsAt: number | undefined;
  /** When it was repaired, or the end of the run. */
  readonly endsAt: number;
  readonly settledAt: number;
}

/** One line of ground truth: JSON with RFC 3339 times, ended by a line feed. */
export function truthLine(truth: Truth): string {
  const { startsAt, noticeableAt, failsAt, endsAt, settledAt, signal, ...rest } = truth;
  return `${JSON.stringify({
    ...rest,
    signal: signal ?? null,
    startsAt: formatInstant(startsAt),
    noticeableAt: formatInstant(noticeableAt),
    failsAt: failsAt === undefined ? null : formatInstant(failsAt),
    endsAt: formatInstant(endsAt),
    settledAt: formatInstant(settledAt),
  })}\n`;
}
