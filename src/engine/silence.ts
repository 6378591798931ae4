import { formatDuration } from '../base/index.ts';
import type { FindingEvent } from '../findings/index.ts';
import type { ProductPack } from '../product/index.ts';
import { formatClock } from '../telemetry/index.ts';
import type { DeviceState } from './device-state.ts';
import { type Cause, clear, raise } from './episode.ts';

export interface Silence {
  /** The last message, or the installation: service time. */
  readonly since: number;
  /** How long it has been longer than the product allows, while the service was up. */
  readonly forMs: number;
}

/** Silence longer than the product allows; the service's own down-time is not silence. */
export function silenceOf(state: DeviceState, pack: ProductPack, now: number, downMs: number): Silence | undefined {
  if (state.heardAt === undefined) return undefined;
  const forMs = now - state.heardAt - (downMs - state.downMsAtHeard) - pack.reports.silentAfterMs;
  return forMs > 0 ? { since: state.heardAt, forMs } : undefined;
}

export function raiseSilence(
  state: DeviceState,
  pack: ProductPack,
  cause: Cause,
  since: number,
): FindingEvent | undefined {
  const allowed = formatDuration(pack.reports.silentAfterMs);
  return raise(state, pack, cause, {
    source: 'silent',
    signal: undefined,
    failureMode: 'silent',
    title: undefined,
    severity: 'minor',
    safety: false,
    opensCase: false,
    startsAt: since,
    openedAt: cause.receivedAt,
    explanation: `Nothing has been heard since ${formatClock(since)}; ${allowed} of silence is normal for this product.`,
    evidence: [],
    bySilence: true,
  });
}

/** A message arrived: the silence, if there was one, is over. */
export function endSilence(state: DeviceState, cause: Cause): FindingEvent | undefined {
  return clear(state, 'silent', cause, { endsAt: cause.receivedAt });
}
