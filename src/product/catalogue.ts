import { dayMs } from '../base/index.ts';
import { changeDevice, type DeviceFacts, type Fact, type Maintenance, maintenanceEnd } from '../telemetry/index.ts';
import type { ProductPack } from './pack.ts';

export interface KnownDevice extends DeviceFacts {
  readonly retired: boolean;
  readonly registeredAt: number;
}

export interface KnownPack extends Published {
  readonly pack: ProductPack;
}

/** A version as it was published. */
interface Published {
  readonly product: string;
  readonly version: number;
  readonly publishedAt: number;
  readonly file: string;
  readonly source: string;
}

/**
 * Turns a published source into the pack that it was when it was published. Undefined when this version of ours cannot
 * read it any more: the version before stays in force until a mended one is published.
 */
export type PackReader = (file: string, source: string) => ProductPack | undefined;

/**
 * Of versions that were in force before, the newest so many of a product are kept: what comes late from their time is
 * judged under them. So many characters of text in all, but for the newest of them, which is kept whatever its length.
 */
export const earlierVersionsMax = 16;
const earlierCharactersMax = 2_000_000;

/** Reports that come later than this are of no maintenance that is remembered here. */
const maintenanceKeptMs = 30 * dayMs;

/**
 * Which devices and packs are known at one place of the log: the fold of its facts. The same fold serves every reader,
 * so that admission and engine agree at every offset.
 */
export class Catalogue {
  readonly #devices = new Map<string, KnownDevice>();
  readonly #packs = new Map<string, KnownPack>();
  /** Those that were in force before, oldest first. Only as text: they are rarely asked for. */
  readonly #earlier = new Map<string, readonly Published[]>();
  readonly #maintenance = new Map<string, Maintenance>();
  /** Products that some pack in force names as that of its devices' parents. */
  #parentProducts: ReadonlySet<string> = new Set();
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

  /** A version that is in force, or was and is kept yet; it is read from its text each time. */
  packAt(product: string, version: number): KnownPack | undefined {
    const inForce = this.#packs.get(product);
    if (inForce?.version === version) return inForce;
    const earlier = this.#earlier.get(product)?.findLast((item) => item.version === version);
    const pack = earlier && this.#read(earlier.file, earlier.source);
    return pack && { ...earlier, pack };
  }

  packs(): IterableIterator<KnownPack> {
    return this.#packs.values();
  }

  /** Products of which other devices' rules may ask what their devices told last. */
  get parentProducts(): ReadonlySet<string> {
    return this.#parentProducts;
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
      case 'pack-published':
        this.#publish(fact);
        return;
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

  #publish({ at, product, version, file, source }: Extract<Fact, { type: 'pack-published' }>): void {
    const pack = this.#read(file, source);
    if (!pack) return;
    const before = this.#packs.get(product);
    if (before && before.version !== version) {
      const { pack: _, ...text } = before;
      this.#earlier.set(product, newest([...(this.#earlier.get(product) ?? []), text]));
    }
    this.#packs.set(product, { product, version, publishedAt: at, file, source, pack });
    this.#parentProducts = new Set([...this.#packs.values()].flatMap(({ pack: { parent } }) => parent ?? []));
  }

  #forgetMaintenance(now: number): void {
    for (const [id, item] of this.#maintenance) {
      if (maintenanceEnd(item) < now - maintenanceKeptMs) this.#maintenance.delete(id);
    }
  }

  /** The facts that make this catalogue again: what a checkpoint keeps of it. Packs come first. */
  facts(): Fact[] {
    const published = [...this.#packs].flatMap(([product, inForce]) => [
      ...(this.#earlier.get(product) ?? []),
      inForce,
    ]);
    const packs = published.map(
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

/** Those that are kept; given and returned oldest first. */
function newest(earlier: readonly Published[]): readonly Published[] {
  const last = earlier.slice(-earlierVersionsMax);
  let characters = 0;
  const tooMany = last.findLastIndex(({ source }, index) => {
    characters += source.length;
    return characters > earlierCharactersMax && index < last.length - 1;
  });
  return last.slice(tooMany + 1);
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
