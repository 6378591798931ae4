import type { HistoryRecord } from '../pipeline/index.ts';
import { type DeviceFacts, deviceOfFact } from '../telemetry/index.ts';

/** A device that is replayed. */
export interface Member {
  readonly id: string;
  /** What is known of it, in log order. */
  readonly facts: readonly HistoryRecord[];
}

/** Devices that are replayed by one thread, because what their parents told is read in judging them. */
export interface Family {
  readonly members: readonly Member[];
  /** All that some member ever belonged to; empty where no rule asks for them. */
  readonly parents: readonly Pick<DeviceFacts, 'id' | 'product'>[];
}

export interface FamilyOptions {
  /** The whole history's facts, in log order. */
  readonly records: readonly HistoryRecord[];
  readonly product: string;
  /** Only these devices of the product; undefined = all. */
  readonly devices: readonly string[] | undefined;
  /** What stands or ever stood above them is replayed too, of whatever product: whether it is silent matters. */
  readonly withAbove: boolean;
  /** Rules ask for parents: devices with a common one stay together. Else every device is a family of its own. */
  readonly withParents: boolean;
}

/** The devices of a product, by family, in the order in which they were registered. */
export function familiesOf({ records, product, devices, withAbove, withParents }: FamilyOptions): Family[] {
  const wanted = devices && new Set(devices);
  const products = new Map<string, string>();
  const factsOf = new Map<string, HistoryRecord[]>();
  for (const item of records) {
    const { record } = item;
    const id = record.kind === 'fact' ? deviceOfFact(record.fact) : undefined;
    if (id === undefined) continue;
    const list = factsOf.get(id);
    if (list) list.push(item);
    else factsOf.set(id, [item]);
    if (record.kind === 'fact' && record.fact.type === 'device-registered')
      products.set(id, record.fact.device.product);
  }
  const aboveOf = (id: string) => parentsOf(factsOf.get(id) ?? []).flatMap(({ parent }) => parent ?? []);
  const asked = [...products].filter(([id, own]) => own === product && (wanted?.has(id) ?? true));
  const replayed = new Set(asked.map(([id]) => id));
  if (withAbove) for (const id of replayed) for (const parent of aboveOf(id)) replayed.add(parent);
  const members = [...products.keys()].flatMap((id): Member[] => {
    return replayed.has(id) ? [{ id, facts: factsOf.get(id) ?? [] }] : [];
  });
  if (!withParents) return members.map((member) => ({ members: [member], parents: [] }));
  const byParent = Map.groupBy(members, ({ id, facts }) => parentsOf(facts).at(-1)?.parent ?? id);
  return [...byParent.values()].map((family) => {
    const parents = [...new Set(family.flatMap(({ id }) => aboveOf(id)))].flatMap((id) => {
      const of = products.get(id);
      return of === undefined ? [] : [{ id, product: of }];
    });
    return { members: family, parents };
  });
}

/** Which parent a device has, since which log offset. */
export function parentsOf(
  facts: readonly HistoryRecord[],
): readonly { readonly from: number; readonly parent: string | undefined }[] {
  return facts.flatMap(({ offset, record }) => {
    if (record.kind !== 'fact') return [];
    const { fact } = record;
    if (fact.type === 'device-registered') return [{ from: offset, parent: fact.device.parent }];
    if (fact.type !== 'device-changed' || fact.changes.parent === undefined) return [];
    return [{ from: offset, parent: fact.changes.parent ?? undefined }];
  });
}
