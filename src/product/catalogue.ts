import { dayMs } from '../base/index.ts';
import { changeDevice, type DeviceFacts, type Fact, type Maintenance, maintenanceEnd } from '../telemetry/index.ts';
import type { ProductPack } from './pack.ts';

export interface KnownDevice extends DeviceFacts {
  readonly retired: boolean;
  readonly registeredAt: number;
}

export interface KnownPack {
  readonly product: string;
  readonly version: number;
  readonly publishedAt: number;
  readonly file: string;
  readonly source: string;
  readonly pack: ProductPack;
}

/**
 * Turns a published source into the pack that it was when it was published. Undefined when this version of ours cannot
 * read it any more: the version before stays in force until a mended one is published.
 */
export type PackReader = (file: string, source: string) => ProductPack | undefined;

/** Reports that come later than this are of no maintenance that is remembered here. */
const maintenanceKeptMs = 30 * dayMs;

/**
 * Which devices and packs are known at one place of the log: the fold of its facts. The same fold serves every reader,
 * so that admission and engine agree at every offset.
 */
export class Catalogue {
  readonly #devices = new Map<string, KnownDevice>();
  readonly #packs = new Map<string, KnownPack>();
  readonly #maintenance = new Map<string, Maintenance>();
  readonly #read: PackReader;

  constructor(read: PackReader) {
    this.#read = read;
  }

  device(id: string): KnownDevice | undefined {
    return this.#devices.get(id);
  }

  devices(): IterableIterator<KnownDevice> {
    return this.#devices.values();
  }

  /** The version in force. */
  pack(product: string): KnownPack | undefined {
    return this.#packs.get(product);
  }

  packs(): IterableIterator<KnownPack> {
    return this.#packs.values();
  }

  /** What is planned, under way, or over since not much more than a month. */
  maintenance(): IterableIterator<Maintenance> {
    return this.#maintenance.values();
  }

  apply(fact: Fact): void {
    switch (fact.type) {
      case 'device-registered':
        this.#devices.set(fact.device.id, { ...fact.device, retired: false, registeredAt: fact.at });
        return;
      case 'device-changed': {
        const known = this.#devices.get(fact.id);
        if (known) this.#devices.set(fact.id, { ...known, ...changeDevice(known, fact.changes) });
        return;
      }
      case 'device-retired': {
        const known = this.#devices.get(fact.id);
        if (known) this.#devices.set(fact.id, { ...known, retired: true });
        return;
      }
      case 'readings-deleted':
        return;
      case 'pack-published': {
        const { product, version, file, source } = fact;
        const pack = this.#read(file, source);
        if (!pack) return;
        this.#packs.set(product, {
          product,
          version,
          publishedAt: fact.at,
          file,
          source,
          pack,
        });
        return;
      }
      case 'maintenance-planned':
        this.#forgetMaintenance(fact.at);
        this.#maintenance.set(fact.plan.id, {
          ...fact.plan,
          plannedAt: fact.at,
          endedAt: undefined,
          endedBy: undefined,
        });
        return;
      case 'maintenance-ended': {
        const known = this.#maintenance.get(fact.id);
        if (known) this.#maintenance.set(fact.id, { ...known, endedAt: fact.at, endedBy: fact.by });
      }
    }
  }

  #forgetMaintenance(now: number): void {
    for (const [id, item] of this.#maintenance) {
      if (maintenanceEnd(item) < now - maintenanceKeptMs) this.#maintenance.delete(id);
    }
  }

  /** The facts that make this catalogue again: what a checkpoint keeps of it. Packs come first. */
  facts(): Fact[] {
    const packs = [...this.#packs.values()].map(
      ({ product, version, publishedAt, file, source }): Fact => ({
        type: 'pack-published',
        at: publishedAt,
        product,
        version,
        file,
        source,
      }),
    );
    const maintenance = [...this.#maintenance.values()].flatMap(factsOfMaintenance);
    return [...packs, ...[...this.#devices.values()].flatMap(factsOfDevice), ...maintenance];
  }
}

function factsOfDevice(known: KnownDevice): Fact[] {
  const { retired, registeredAt, ...device } = known;
  const registered: Fact = { type: 'device-registered', at: registeredAt, device };
  return retired ? [registered, { type: 'device-retired', at: registeredAt, id: device.id }] : [registered];
}

function factsOfMaintenance({ plannedAt, endedAt, endedBy, ...plan }: Maintenance): Fact[] {
  const planned: Fact = { type: 'maintenance-planned', at: plannedAt, plan };
  if (endedAt === undefined) return [planned];
  return [planned, { type: 'maintenance-ended', at: endedAt, id: plan.id, by: endedBy ?? '' }];
}
