import type { FindingEvent } from '../findings/index.ts';
import type { Case, Finding } from './case.ts';
import type { Cover } from './surroundings.ts';

/** What stands before a change. */
export interface Standing {
  /** The case that a person's action names, or that the event's finding joined before; it may be resolved. */
  readonly subject: Case | undefined;
  /** The event's finding as it stood; undefined for its first event. */
  readonly finding: Finding | undefined;
  /** The case that is not resolved and that a finding of this device and failure mode belongs to. */
  readonly open: Case | undefined;
  /** The latest of the same device and failure mode that is resolved. */
  readonly resolved: Case | undefined;
  /** The subject's findings of its own device, where a correction may change which of them is the first. */
  readonly others?: readonly Finding[];
  /** Of a finding of silence: what is silent above the device. */
  readonly gateway?: Gateway | undefined;
  /** How much else the event's source found of late. */
  readonly crowd?: Crowd | undefined;
}

/** The highest of the devices above that are silent, one above the other. */
export interface Gateway {
  /** That it is silent. */
  readonly silence: Finding;
  readonly covers: readonly Cover[];
  /** Its case that is not resolved, about this silence. */
  readonly case: Case | undefined;
  readonly resolved: Case | undefined;
  /** Whether a finding of its own that holds is in that case. */
  readonly isInIt: boolean;
  /** Whether a finding of the event's device is in it. */
  readonly isKnown: boolean;
}

/** What a source opened for a product within the hour, up to `max`. */
export interface Crowd {
  readonly openings: number;
  readonly max: number;
  /** The storm's case that is not resolved. */
  readonly case: Case | undefined;
  readonly isKnown: boolean;
}

export type Route =
  | { readonly to: 'join'; readonly open: Case }
  | { readonly to: 'hide'; readonly covers: readonly Cover[] }
  | { readonly to: 'gateway'; readonly gateway: Gateway }
  | { readonly to: 'storm'; readonly crowd: Crowd }
  | { readonly to: 'open' };

/**
 * Where a finding goes that asks for a case. A case that is open goes on whatever is planned. Nothing keeps a person from
 * what is about safety, or from a person at the device who asks for help.
 */
export function routeOf(standing: Standing, event: FindingEvent, covers: readonly Cover[]): Route {
  const { open, gateway, crowd } = standing;
  if (open !== undefined) return { to: 'join', open };
  if (isNeverKept(event)) return { to: 'open' };
  if (covers.length > 0) return { to: 'hide', covers };
  if (gateway !== undefined) {
    // What explains the silence is itself somebody's work.
    return gateway.covers.length > 0 ? { to: 'hide', covers: gateway.covers } : { to: 'gateway', gateway };
  }
  if (crowd !== undefined && crowd.openings >= crowd.max) return { to: 'storm', crowd };
  return { to: 'open' };
}

export function isNeverKept({ safety, source }: Pick<FindingEvent, 'safety' | 'source'>): boolean {
  return safety || source === 'assist';
}
