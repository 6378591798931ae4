import type { DeviceFacts, Fact, Maintenance, MaintenanceState } from '../telemetry/index.ts';

export interface Device extends DeviceFacts {
  /** Life: registered → active (first report, known to the pipeline only) → retired. */
  readonly retired: boolean;
  readonly registeredAt: number;
}

export interface PackVersion {
  readonly product: string;
  readonly version: number;
  readonly publishedAt: number;
  readonly file: string;
  readonly source: string;
}

/** Something that lets somebody in. Only hashes are kept; `key` finds it (device id, account name, hash of a token). */
export interface Credential {
  readonly kind: 'device-secret' | 'account' | 'token' | 'session' | 'setup';
  readonly key: string;
  /** HMAC-SHA-256 for device secrets, PHC string for accounts, empty where `key` itself is the hash. */
  readonly hash: string;
  /** What it opens: role, display name, session data. Plain data, no secrets. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  /** Epoch ms; undefined = does not expire. An expired one is absent. */
  readonly expiresAt: number | undefined;
}

export interface DeviceQuery {
  readonly id?: string | undefined;
  readonly product?: string | undefined;
  readonly site?: string | undefined;
  readonly parent?: string | undefined;
  /** Words that id, serial, site or customer contain. */
  readonly q?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface MaintenancePageQuery {
  readonly id?: string | undefined;
  /** As it is at `now`. */
  readonly state?: MaintenanceState | undefined;
  readonly now: number;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface LoggedFact {
  readonly offset: number;
  readonly fact: Fact;
}

/**
 * Devices, pack versions, maintenance and credentials.
 *
 * - Devices, packs and maintenance follow the facts of the log: `apply` in log order, repeats (below the cursor) ignored, durable
 *   when resolved together with the cursor. A fact about what is unknown is ignored.
 * - Credentials are not in the log; a save is durable when resolved and replaces the one of the same kind and key.
 * - Limits: pages of at most 1,000. Absent: empty arrays, undefined.
 */
export interface Registry {
  /** Applies facts and moves the cursor to `next`. Resolves to the cursor; `apply([], 0)` only asks for it. */
  apply(facts: readonly LoggedFact[], next: number): Promise<number>;
  /** By id, ascending. `next` is the id of the page's last device, and any id may be given as a cursor. */
  devices(query: DeviceQuery): Promise<{ readonly items: readonly Device[]; readonly next: string | null }>;
  /** All versions of a product, or the newest of every product when none is named; by product and version, ascending. */
  packs(product?: string): Promise<readonly PackVersion[]>;
  /** That which begins last comes first. */
  maintenance(
    query: MaintenancePageQuery,
  ): Promise<{ readonly items: readonly Maintenance[]; readonly next: string | null }>;
  credential(kind: Credential['kind'], key: string, now: number): Promise<Credential | undefined>;
  /** Saves one, or forgets it when `remove` is true. */
  saveCredential(credential: Credential, remove?: boolean): Promise<void>;
  close(): Promise<void>;
}
