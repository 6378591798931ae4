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
  /** Gateways and what belongs to them stay together; else every device is a family of its own. */
  readonly together: boolean;
}

/** The devices of a product, by family, in the order in which they were registered. */
export function familiesOf({ records, product, devices, together }: FamilyOptions): Family[] {
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
  const own = [...known].filter(([id, facts]) => facts.product === product && (wanted?.has(id) ?? true));
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

function noteFact(known: Map<string, Pick<DeviceFacts, 'product' | 'parent'>>, { record }: HistoryRecord): void {
  if (record.kind !== 'fact') return;
  const { fact } = record;
  if (fact.type === 'device-registered') known.set(fact.device.id, fact.device);
  if (fact.type !== 'device-changed' || fact.changes.parent === undefined) return;
  const device = known.get(fact.id);
  if (device) known.set(fact.id, { product: device.product, parent: fact.changes.parent ?? undefined });
}

/** Several devices' reports as one stream, nearly in log order; each device's keep theirs. */
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

  constructor(stream: Iterator<StoredBlock>) {
    this.#stream = stream;
  }

  /** Log offset of the next report. */
  get offset(): number {
    return this.#block.reports[this.#next]?.offset ?? Number.POSITIVE_INFINITY;
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
    while ((reports[this.#next]?.offset ?? Number.POSITIVE_INFINITY) < offset) this.#next += 1;
    if (start === 0 && this.#next === reports.length) return this.#block;
    return { reports: reports.slice(start, this.#next), behindMs: behindMs?.slice(start, this.#next) };
  }
}
