import type { Severity } from '../telemetry/index.ts';

/** From well to worst seen, then the two in which nothing is seen. */
export const healthStates = ['good', 'watch', 'degraded', 'failing', 'silent', 'unknown'] as const;

export type Health = (typeof healthStates)[number];

/** What is open on a device now. */
export interface DeviceTrouble {
  readonly device: string;
  /** Cases that are not resolved. */
  readonly openCases: number;
  /** Findings that hold. Those of shadow rules are tried out, not believed: they count nowhere here. */
  readonly openFindings: number;
  /** Of the findings that hold, the one of silence aside; undefined when there is none. */
  readonly worst: Severity | undefined;
  /** Whether one of them is about safety. */
  readonly safety: boolean;
  /** Whether the finding holds that the device has been silent for too long. */
  readonly silent: boolean;
}

/**
 * How a device is, by the first of these that is so:
 *
 * 1. retired: `unknown`, nothing is expected of it any more
 * 2. a finding holds that is critical or about safety: `failing`, silent or not
 * 3. silent for too long: `silent`, for what else was seen of it may be over or worse by now
 * 4. a major finding holds: `degraded`
 * 5. a lesser finding holds, or a case waits for a person though its findings are over: `watch`
 * 6. it never sent a report: `unknown`
 * 7. `good`
 *
 * Silence is the engine's finding and not the age of the last message: the service's own down-time does not count.
 */
export function healthOf(life: 'registered' | 'active' | 'retired', trouble: DeviceTrouble | undefined): Health {
  if (life === 'retired') return 'unknown';
  if (trouble !== undefined) {
    if (trouble.safety || trouble.worst === 'critical') return 'failing';
    if (trouble.silent) return 'silent';
    if (trouble.worst === 'major') return 'degraded';
    if (trouble.worst !== undefined || trouble.openCases > 0) return 'watch';
  }
  return life === 'registered' ? 'unknown' : 'good';
}
