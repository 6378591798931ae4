import type { HistoryRecord } from '../pipeline/index.ts';
import type { StoredBlock } from '../store/index.ts';
import { type DeviceFacts, deviceOfFact } from '../telemetry/index.ts';

/** Devices that are replayed together, because what one reports may be read in judging another. */
export interface Family {
  readonly devices: readonly string[];
  /** What is known of them, in log order. */
  readonly facts: readonly HistoryRecord[];
}

export interface FamilyOptions {
  /** The whole history's facts, in log order. */
  readonly records: readonly HistoryRecord[];
  readonly product: string;
  /** Only these devices of the product; undefined = all. */
  readonly devices: readonly string[] | undefined;
  /** What stands or ever stood above them is replayed too, of whatever product: whether it is silent matters. */
  readonly withAbove: boolean;
  /** Gateways and what belongs to them stay together; else every device is a family of its own. */
  readonly together: boolean;
}

/** The devices of a product, by family, in the order in which they were registered. */
export function familiesOf({ records, product, devices, together, withAbove }: FamilyOptions): Family[] {
  const wanted = devices && new Set(devices);
  const known = new Map<string, Pick<DeviceFacts, 'product' | 'parent'>>();
  const factsOf = new Map<string, HistoryRecord[]>();
  for (const item of records) {
    const id = deviceOf(item);
    if (id === undefined) continue;
    const list = factsOf.get(id);
    if (list) list.push(item);
    else factsOf.set(id, [item]);
    noteFact(known, item);
  }
  const asked = [...known].filter(([id, facts]) => facts.product === product && (wanted?.has(id) ?? true));
  const replayed = new Set(asked.map(([id]) => id));
  if (withAbove) for (const id of replayed) for (const parent of parentsOf(factsOf.get(id))) replayed.add(parent);
  const own = [...known].filter(([id]) => replayed.has(id));
  const headOf = (id: string): string => {
    const seen = new Set<string>();
    for (let head = id; ; ) {
      const parent = known.get(head)?.parent;
      if (!together || parent === undefined || seen.has(head)) return head;
      seen.add(head);
      head = parent;
    }
  };
  return [...Map.groupBy(own, ([id]) => headOf(id))].map(([head, members]) => {
    const ids = new Set(members.map(([id]) => id));
    if (together && known.has(head)) ids.add(head);
    const facts = [...ids].flatMap((id) => factsOf.get(id) ?? []).sort((a, b) => a.offset - b.offset);
    return { devices: [...ids], facts };
  });
}

function deviceOf({ record }: HistoryRecord): string | undefined {
  return record.kind === 'fact' ? deviceOfFact(record.fact) : undefined;
}

/** All that a device's facts ever named. */
function parentsOf(facts: readonly HistoryRecord[] = []): string[] {
  return facts.flatMap(({ record }) => {
    if (record.kind !== 'fact') return [];
    const { fact } = record;
    if (fact.type === 'device-registered') return fact.device.parent ?? [];
    return fact.type === 'device-changed' ? (fact.changes.parent ?? []) : [];
  });
}

function noteFact(known: Map<string, Pick<DeviceFacts, 'product' | 'parent'>>, { record }: HistoryRecord): void {
  if (record.kind !== 'fact') return;
  const { fact } = record;
  if (fact.type === 'device-registered') known.set(fact.device.id, fact.device);
  if (fact.type !== 'device-changed' || fact.changes.parent === undefined) return;
  const device = known.get(fact.id);
  if (device) known.set(fact.id, { product: device.product, parent: fact.changes.parent ?? undefined });
}

/**
 * Several devices' reports as one stream in log order, late ones where what they came behind stands; each device's keep
 * their order.
 */
export function* mergeReports(streams: readonly Iterator<StoredBlock>[]): Generator<StoredBlock, void, void> {
  const heads = streams.flatMap((stream) => new Head(stream).advance() ?? []);
  for (;;) {
    const [only] = heads;
    if (only === undefined) return;
    if (heads.length === 1) {
      yield only.rest();
      if (!only.advance()) return;
      continue;
    }
    const first = heads.reduce((least, head) => (head.offset < least.offset ? head : least));
    const others = heads.filter((head) => head !== first).map(({ offset }) => offset);
    yield first.takeBefore(Math.min(...others));
    if (!first.advance()) heads.splice(heads.indexOf(first), 1);
  }
}

/** One device's stream and what of its block is not given yet. */
class Head {
  readonly #stream: Iterator<StoredBlock>;
  #block: StoredBlock = { reports: [], behindMs: undefined };
  #next = 0;
  /** Log offset of the last report that was not late: one that was has its place there. */
  #place = 0;

  constructor(stream: Iterator<StoredBlock>) {
    this.#stream = stream;
  }

  /** Place of the next report in the log. */
  get offset(): number {
    const { reports, behindMs } = this.#block;
    const offset = reports[this.#next]?.offset ?? Number.POSITIVE_INFINITY;
    return (behindMs?.[this.#next] ?? 0) > 0 ? Math.min(this.#place, offset) : offset;
  }

  /** Reads on when the block is used up; undefined at the end. */
  advance(): this | undefined {
    while (this.#next >= this.#block.reports.length) {
      const { done, value } = this.#stream.next();
      if (done === true) return undefined;
      this.#block = value;
      this.#next = 0;
    }
    return this;
  }

  rest(): StoredBlock {
    return this.takeBefore(Number.POSITIVE_INFINITY);
  }

  takeBefore(offset: number): StoredBlock {
    const { reports, behindMs } = this.#block;
    const start = this.#next;
    while (this.#next < reports.length && this.offset < offset) {
      this.#place = this.offset;
      this.#next += 1;
    }
    if (start === 0 && this.#next === reports.length) return this.#block;
    return { reports: reports.slice(start, this.#next), behindMs: behindMs?.slice(start, this.#next) };
  }
}
