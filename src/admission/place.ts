import { minuteMs, secondMs } from '../base/index.ts';

/** Stamps further ahead of arrival than this, or older than 2000-01-01, are not believed. */
const aheadMaxMs = 2 * minuteMs;
const believedSince = Date.UTC(2000, 0, 1);
/** A skew below this cannot be told from the time that the message was under way. */
const skewMinMs = 5 * secondMs;

/** Which clock a device without one counts by: the arrival at which its `uptime` was zero, as first seen in a boot. */
export interface UptimeAnchor {
  readonly boot: string | undefined;
  readonly bootAt: number;
  readonly uptime: number;
  /** Arrival of the last message that agreed with it. */
  readonly agreedAt?: number;
}

/** How far a device's clock is behind, as the quickest message of a boot told it. */
export interface ClockSkew {
  readonly boot: string | undefined;
  readonly ms: number;
  /** Arrival of the last message that agreed with it. */
  readonly agreedAt?: number;
}

/** A message that took longer than this was not under way: the device's clock was set. */
const underWayMaxMs = minuteMs;

/** A quartz that runs slow by more than this is broken: 17 s a day. */
const driftMax = 200e-6;

/**
 * A clock that runs slow looks like messages that take ever longer. What it can have lost since a message agreed with
 * what was known is believed, in whole seconds; what is beyond that was the message's way.
 */
function driftMs(behindMs: number, sinceMs: number): number {
  const lost = Math.floor((sinceMs * driftMax) / secondMs) * secondMs;
  return behindMs < lost + skewMinMs ? Math.min(behindMs, lost) : 0;
}

/**
 * `receivedAt − sentAt` is the clock's error and the time under way together; the least of a boot is the error alone,
 * but for the clock's drift.
 */
export function steadySkew(
  known: ClockSkew | undefined,
  message: ClockSkew & { readonly agreedAt: number },
): ClockSkew {
  const slowerMs = known !== undefined && known.boot === message.boot ? message.ms - known.ms : -1;
  if (known === undefined || slowerMs < 0 || slowerMs >= underWayMaxMs) return message;
  const { agreedAt = message.agreedAt } = known;
  const drift = driftMs(slowerMs, message.agreedAt - agreedAt);
  if (drift === 0 && slowerMs >= skewMinMs) return known;
  return { boot: known.boot, ms: known.ms + drift, agreedAt: message.agreedAt };
}

export interface Stamps {
  readonly receivedAt: number;
  readonly at: number | undefined;
  /** `receivedAt − sentAt` of the message, 0 when it has no `sentAt`. */
  readonly skewMs: number;
}

export interface Placed {
  readonly at: number;
  /** The raw stamp where it was not believed. */
  readonly rawAt: number | undefined;
}

/** Where a stamp puts a report in event time. */
export function placeInTime(stamps: Stamps): Placed {
  const { receivedAt, at } = stamps;
  if (at === undefined) return { at: receivedAt, rawAt: undefined };
  const corrected = Math.abs(stamps.skewMs) >= skewMinMs ? at + stamps.skewMs : at;
  const believed = corrected >= believedSince && corrected <= receivedAt + aheadMaxMs;
  if (!believed) return { at: receivedAt, rawAt: at };
  return { at: corrected, rawAt: corrected === at ? undefined : at };
}

/**
 * Where `uptime` (ms since boot) puts a report. The newest report of a message was sent when it arrived, as far as
 * anybody can tell; the boot's anchor is kept so that later messages of that boot line up with it. It moves back when a
 * message proves that the boot was earlier than thought, and on with the drift of the device's clock.
 */
export function anchorUptime(
  anchor: UptimeAnchor | undefined,
  message: { receivedAt: number; boot: string | undefined; uptime: number },
): UptimeAnchor {
  const { receivedAt, boot, uptime } = message;
  const bootAt = receivedAt - uptime;
  // Without a boot's name, an uptime that went back is the only sign of a new one.
  const isNewer = boot !== undefined || anchor === undefined || uptime >= anchor.uptime;
  const sameBoot = anchor !== undefined && anchor.boot === boot && isNewer;
  const aheadMs = sameBoot ? bootAt - anchor.bootAt : 0;
  if (!sameBoot || aheadMs <= -skewMinMs) return { boot, uptime, bootAt, agreedAt: receivedAt };
  const { agreedAt = receivedAt } = anchor;
  if (aheadMs < skewMinMs) return { boot, uptime, bootAt: anchor.bootAt, agreedAt: receivedAt };
  const drift = driftMs(aheadMs, receivedAt - agreedAt);
  return { boot, uptime, bootAt: anchor.bootAt + drift, agreedAt: drift > 0 ? receivedAt : agreedAt };
}
