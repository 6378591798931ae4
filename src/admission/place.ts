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
}

/** How far a device's clock is behind, as the quickest message of a boot told it. */
export interface ClockSkew {
  readonly boot: string | undefined;
  readonly ms: number;
}

/** A message that took longer than this was not under way: the device's clock was set. */
const underWayMaxMs = minuteMs;

/** `receivedAt − sentAt` is the clock's error and the time under way together; the least of a boot is the error alone. */
export function steadySkew(known: ClockSkew | undefined, message: ClockSkew): ClockSkew {
  const slower = known !== undefined && known.boot === message.boot ? message.ms - known.ms : -1;
  return known !== undefined && slower >= 0 && slower < underWayMaxMs ? known : message;
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
 * anybody can tell; the boot's anchor is kept so that later messages of that boot line up with it, and moves back when
 * a message proves that the boot was earlier than thought.
 */
export function anchorUptime(
  anchor: UptimeAnchor | undefined,
  message: { receivedAt: number; boot: string | undefined; uptime: number },
): UptimeAnchor {
  const bootAt = message.receivedAt - message.uptime;
  // Without a boot's name, an uptime that went back is the only sign of a new one.
  const isNewer = message.boot !== undefined || anchor === undefined || message.uptime >= anchor.uptime;
  const sameBoot = anchor !== undefined && anchor.boot === message.boot && isNewer;
  const keep = sameBoot && Math.abs(bootAt - anchor.bootAt) < skewMinMs;
  const earlier = sameBoot && bootAt < anchor.bootAt;
  return {
    boot: message.boot,
    uptime: message.uptime,
    bootAt: keep || (sameBoot && !earlier) ? anchor.bootAt : bootAt,
  };
}
