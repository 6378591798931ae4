import { AftercareError, assert, type Clock } from '../base/index.ts';
import type { Log } from '../log/index.ts';
import {
  type DeviceChanges,
  decodeRecord,
  encodeRecord,
  type Fact,
  type Maintenance,
  maintenanceState,
} from '../telemetry/index.ts';
import { type DeviceInput, factProblems, identityProblems, productProblem } from './device-input.ts';
import { type MaintenanceInput, maintenanceProblems, openMaintenanceMax, planOf } from './maintenance-input.ts';
import type { Device, LoggedFact, PackVersion, Registry } from './registry.ts';
import { hashSecret, makeSecret, sameHash } from './secrets.ts';

export interface DirectoryOptions {
  readonly log: Log;
  readonly registry: Registry;
  readonly clock: Clock;
  /** Cryptographically strong bytes. */
  readonly random: (bytes: number) => Uint8Array;
  /** Key of the secrets' HMAC; without it no device can connect again. */
  readonly serverKey: Uint8Array;
  /** Ids of the products with a published pack. */
  readonly knownProducts: () => readonly string[];
}

/**
 * The only writer of facts: each is checked, appended to the log, then applied to the registry. Writes follow one
 * another; a write that rejects with another error than those named may still have happened. Secrets never reach the
 * log: a device whose secret was lost on the way gets a new one by `newSecret`.
 */
export interface Directory {
  /** `device-invalid` with every problem, or `device-exists`. The secret is given here and never again. */
  register(input: DeviceInput): Promise<{ readonly device: Device; readonly secret: string }>;
  /** `device-not-found`, `device-invalid`. What `changes` does not name stays; null forgets. */
  change(id: string, changes: DeviceChanges): Promise<Device>;
  /** `device-not-found`. For ever: a retired device is refused, its id stays taken. Retiring again changes nothing. */
  retire(id: string): Promise<Device>;
  /** Its stored readings go, as far as they were received by now; when, the answer says. `device-not-found`. */
  deleteReadings(id: string): Promise<number>;
  /** Replaces the secret. `device-not-found`, `device-invalid` when retired. The caller ends the open connections. */
  newSecret(id: string): Promise<string>;
  /** Whether this secret lets this device in. Cheap: two look-ups by key and one HMAC. */
  authenticate(id: string, secret: string): Promise<boolean>;
  device(id: string): Promise<Device | undefined>;
  /** The same version published again must have the same source and changes nothing. */
  publishPack(pack: Omit<PackVersion, 'publishedAt'>): Promise<PackVersion>;
  /** `maintenance-invalid` with every problem. */
  planMaintenance(input: MaintenanceInput): Promise<Maintenance>;
  /** Ends it now, or calls it off when it has not begun. `maintenance-not-found`. What is over already stays as it is. */
  endMaintenance(id: string, by: string): Promise<Maintenance>;
  maintenance(id: string): Promise<Maintenance | undefined>;
  /** To be called before anything else: applies the facts that a crash left in the log only. Resolves to their number. */
  recover(): Promise<number>;
  /**
   * Moves the registry's cursor to the end of the log, so that `recover` need not read all messages since the last
   * fact. To be called now and then. The log must not be trimmed beyond the cursor, to which it resolves.
   */
  settle(): Promise<number>;
}

const parentsMax = 16;
const maintenanceIdBytes = 9;
const recoverBatch = { recordsMax: 10_000, bytesMax: 16 * 1024 * 1024 } as const;

export function createDirectory(options: DirectoryOptions): Directory {
  return new LoggedDirectory(options);
}

class LoggedDirectory implements Directory {
  readonly #options: DirectoryOptions;
  #lastWrite: Promise<unknown> = Promise.resolve();
  /** A fact in the log that the registry did not take yet: the next write brings it along. */
  #pending: LoggedFact | undefined;

  constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  register(input: DeviceInput): Promise<{ readonly device: Device; readonly secret: string }> {
    return this.#write(async () => {
      const problems = [
        ...identityProblems(input, this.#options.knownProducts()),
        ...factProblems(input),
        ...(await this.#parentProblems(input.id, input.parent)),
      ];
      refuse(problems);
      if ((await this.device(input.id)) !== undefined) {
        throw new AftercareError('device-exists', `The device ${input.id} is registered already.`, {
          hint: `If its secret was lost, ask for a new one: POST /api/v1/devices/${input.id}/secret.`,
        });
      }
      await this.#publish({ type: 'device-registered', at: this.#options.clock(), device: facts(input) });
      const secret = await this.#giveSecret(input.id);
      return { device: await this.#known(input.id), secret };
    });
  }

  change(id: string, changes: DeviceChanges): Promise<Device> {
    return this.#write(async () => {
      const device = await this.#known(id);
      refuse([...factProblems(changes), ...(await this.#parentProblems(id, changes.parent ?? undefined))]);
      const real = differing(device, changes);
      if (Object.keys(real).length === 0) return device;
      await this.#publish({ type: 'device-changed', at: this.#options.clock(), id, changes: real });
      return this.#known(id);
    });
  }

  retire(id: string): Promise<Device> {
    return this.#write(async () => {
      const device = await this.#known(id);
      if (device.retired) return device;
      await this.#publish({ type: 'device-retired', at: this.#options.clock(), id });
      return this.#known(id);
    });
  }

  deleteReadings(id: string): Promise<number> {
    return this.#write(async () => {
      await this.#known(id);
      const at = this.#options.clock();
      await this.#publish({ type: 'readings-deleted', at, id });
      return at;
    });
  }

  newSecret(id: string): Promise<string> {
    return this.#write(async () => {
      const device = await this.#known(id);
      if (device.retired) throw new AftercareError('device-invalid', `The device ${id} is retired: it gets no secret.`);
      return this.#giveSecret(id);
    });
  }

  async authenticate(id: string, secret: string): Promise<boolean> {
    const { registry, serverKey, clock } = this.#options;
    const given = hashSecret(serverKey, id, secret);
    const credential = await registry.credential('device-secret', id, clock());
    const device = await this.device(id);
    if (credential === undefined || device === undefined || device.retired) return false;
    return sameHash(credential.hash, given);
  }

  async device(id: string): Promise<Device | undefined> {
    const { items } = await this.#options.registry.devices({ id, limit: 1 });
    return items[0];
  }

  publishPack(pack: Omit<PackVersion, 'publishedAt'>): Promise<PackVersion> {
    return this.#write(async () => {
      const versions = await this.#options.registry.packs(pack.product);
      const known = versions.find(({ version }) => version === pack.version);
      if (known !== undefined) {
        assert(known.source === pack.source, `a published pack version does not change (${pack.product})`);
        return known;
      }
      const { product, version, file, source } = pack;
      const at = this.#options.clock();
      await this.#publish({ type: 'pack-published', at, product, version, file, source });
      return { product, version, publishedAt: at, file, source };
    });
  }

  planMaintenance(input: MaintenanceInput): Promise<Maintenance> {
    return this.#write(async () => {
      const now = this.#options.clock();
      const problems = [
        ...maintenanceProblems(input, now),
        ...(await this.#unknownIn(input)),
        ...(await this.#full(now)),
      ];
      if (problems.length > 0) throw new AftercareError('maintenance-invalid', problems.join(' '));
      const id = Buffer.from(this.#options.random(maintenanceIdBytes)).toString('base64url');
      await this.#publish({ type: 'maintenance-planned', at: now, plan: planOf(id, input, now) });
      return this.#knownMaintenance(id);
    });
  }

  endMaintenance(id: string, by: string): Promise<Maintenance> {
    return this.#write(async () => {
      const known = await this.#knownMaintenance(id);
      const now = this.#options.clock();
      if (maintenanceState(known, now) === 'past') return known;
      await this.#publish({ type: 'maintenance-ended', at: now, id, by });
      return this.#knownMaintenance(id);
    });
  }

  async maintenance(id: string): Promise<Maintenance | undefined> {
    const { items } = await this.#options.registry.maintenance({ id, now: 0, limit: 1 });
    return items[0];
  }

  recover(): Promise<number> {
    return this.#write(async () => {
      const { log, registry } = this.#options;
      const { first, next: end } = log.bounds();
      let cursor = await registry.apply([], 0);
      let applied = 0;
      if (cursor < first) {
        throw new AftercareError(
          'data-folder-unusable',
          `The registry ends at ${cursor}, the log begins at ${first}.`,
          {
            hint: 'The facts between them are missing: restore the whole data folder from one backup.',
          },
        );
      }
      while (cursor < end) {
        const entries = await log.read(cursor, recoverBatch);
        const last = entries.at(-1);
        assert(last !== undefined, 'the log can be read up to its end');
        const found: LoggedFact[] = [];
        for (const { offset, payload } of entries) {
          const record = decodeRecord(payload);
          if (record.kind === 'fact') found.push({ offset, fact: record.fact });
        }
        cursor = await registry.apply(found, last.offset + 1);
        applied += found.length;
      }
      return applied;
    });
  }

  settle(): Promise<number> {
    return this.#write(() => this.#options.registry.apply([], this.#options.log.bounds().next));
  }

  /** One write after the other, also after one that failed; none before the registry has followed the log. */
  #write<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#lastWrite.then(async () => {
      await this.#catchUp();
      return work();
    });
    this.#lastWrite = turn.catch(() => undefined);
    return turn;
  }

  async #publish(fact: Fact): Promise<void> {
    const offset = await this.#options.log.append([encodeRecord({ kind: 'fact', fact })]);
    this.#pending = { offset, fact };
    await this.#catchUp();
  }

  /** No other fact can lie between the cursor and the pending one: nobody else writes facts. */
  async #catchUp(): Promise<void> {
    if (this.#pending === undefined) return;
    await this.#options.registry.apply([this.#pending], this.#pending.offset + 1);
    this.#pending = undefined;
  }

  async #giveSecret(id: string): Promise<string> {
    const { registry, random, serverKey, clock } = this.#options;
    const secret = makeSecret(random);
    await registry.saveCredential({
      kind: 'device-secret',
      key: id,
      hash: hashSecret(serverKey, id, secret),
      data: {},
      createdAt: clock(),
      expiresAt: undefined,
    });
    return secret;
  }

  async #known(id: string): Promise<Device> {
    const device = await this.device(id);
    if (device === undefined) throw new AftercareError('device-not-found', `There is no device ${JSON.stringify(id)}.`);
    return device;
  }

  async #knownMaintenance(id: string): Promise<Maintenance> {
    const item = await this.maintenance(id);
    if (item !== undefined) return item;
    throw new AftercareError('maintenance-not-found', `There is no maintenance ${JSON.stringify(id)}.`, {
      hint: 'GET /api/v1/maintenance lists what there is.',
    });
  }

  /** A mistyped name would hide nothing, and nobody would notice. */
  async #unknownIn({ query }: MaintenanceInput): Promise<readonly string[]> {
    const problems: string[] = [];
    const product =
      query.product === undefined ? undefined : productProblem(query.product, this.#options.knownProducts());
    if (product !== undefined) problems.push(product);
    for (const id of [query.device, query.parent]) {
      if (id === undefined || (await this.device(id)) !== undefined) continue;
      problems.push(`There is no device ${JSON.stringify(id)}.`);
    }
    return problems;
  }

  async #full(now: number): Promise<readonly string[]> {
    const { registry } = this.#options;
    const pages = await Promise.all(
      (['active', 'planned'] as const).map((state) => registry.maintenance({ state, now, limit: openMaintenanceMax })),
    );
    const open = pages.reduce((sum, { items }) => sum + items.length, 0);
    return open < openMaintenanceMax ? [] : [`${open} are planned or under way, which is the most there may be.`];
  }

  async #parentProblems(id: string, parent: string | undefined): Promise<readonly string[]> {
    let above = parent;
    for (let depth = 0; above !== undefined; depth++) {
      if (above === id) return [`The parent ${parent} would make ${id} a part of itself.`];
      if (depth === parentsMax) return [`There are more than ${parentsMax} parents above ${id}.`];
      const device = await this.device(above);
      if (device === undefined) return [`There is no device ${JSON.stringify(above)} that could be its parent.`];
      above = device.parent;
    }
    return [];
  }
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new AftercareError('device-invalid', problems.join(' '));
}

function facts(input: DeviceInput): Extract<Fact, { type: 'device-registered' }>['device'] {
  const { id, product, serial, site, customer, timezone, parent, batch, installedAt } = input;
  return { id, product, serial, site, customer, timezone, parent, batch, installedAt };
}

/** Those changes that are not so already. */
function differing(device: Device, changes: DeviceChanges): DeviceChanges {
  const { serial, site, customer, timezone, parent, batch, installedAt } = changes;
  const named = { serial, site, customer, timezone, parent, batch, installedAt };
  const current: Readonly<Record<string, unknown>> = { ...device };
  return Object.fromEntries(
    Object.entries(named).filter(([name, value]) => value !== undefined && value !== (current[name] ?? null)),
  );
}
