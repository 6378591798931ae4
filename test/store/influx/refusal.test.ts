import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FieldType, fieldTypeOf, type Point } from '../../../src/store/influx/point.ts';
import {
  type Attempt,
  blamesPoints,
  type FieldTypes,
  type Server,
  sendGood,
} from '../../../src/store/influx/refusal.ts';

const values = { float: '1.5', string: '"on"', boolean: 'true', integer: '3i' };

function point(at: number, fields: Readonly<Record<string, FieldType | 'poison'>>, measurement = 'fridge'): Point {
  const written = Object.entries(fields).map(([name, type]): [string, string] => [
    name,
    type === 'poison' ? '"poison"' : values[type],
  ]);
  return { measurement, device: 'd', at, fields: new Map(written), offset: at };
}

/** Takes a batch whole or not at all, which is the least that InfluxDB does. */
class Strict implements Server {
  readonly stored = new Map<string, string>();
  readonly #types: Readonly<Record<string, FieldType>>;
  readonly #tells: boolean;
  requests = 0;

  constructor(types: Readonly<Record<string, FieldType>>, tells: boolean) {
    this.#types = types;
    this.#tells = tells;
  }

  takes(name: string, value: string): boolean {
    return value !== '"poison"' && (this.#types[name] ?? fieldTypeOf(value)) === fieldTypeOf(value);
  }

  async send(points: readonly Point[]) {
    this.requests++;
    const fields = points.flatMap(({ at, fields: own }) => [...own].map(([name, value]) => ({ at, name, value })));
    if (!fields.every(({ name, value }) => this.takes(name, value))) {
      return { reason: 'partial write: field type conflict', dropped: undefined };
    }
    for (const { at, name, value } of fields) this.stored.set(`${at} ${name}`, value);
    return undefined;
  }

  async fieldTypes(): Promise<FieldTypes> {
    if (!this.#tells) return new Map();
    const types = Object.entries(this.#types).map(([name, type]): [string, Set<FieldType>] => [name, new Set([type])]);
    return new Map([['fridge', new Map(types)]]);
  }
}

const refusedFields = ({ refused }: Attempt): string[] =>
  refused.flatMap(({ point: { at, fields } }) => [...fields.keys()].map((name) => `${at} ${name}`));

describe('a batch with points that are refused', () => {
  it('is stored but for the fields that are to blame', async () => {
    const field = fc.constantFrom<FieldType | 'poison'>('float', 'string', 'boolean', 'integer', 'poison');
    const fields = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), field, { minKeys: 1, noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(fc.array(fields, { maxLength: 12 }), fc.boolean(), async (rows, tells) => {
        const points = rows.map((row, i) => point(i, row));
        const server = new Strict({ a: 'float', b: 'boolean', c: 'string' }, tells);
        const attempt = await sendGood(points, server);
        const all = points.flatMap(({ at, fields: own }) => [...own].map(([name, value]) => ({ at, name, value })));
        const good = all.filter(({ name, value }) => server.takes(name, value));
        expect([...server.stored.keys()].toSorted()).toEqual(good.map(({ at, name }) => `${at} ${name}`).toSorted());
        const bad = all.filter(({ name, value }) => !server.takes(name, value));
        expect(refusedFields(attempt).toSorted()).toEqual(bad.map(({ at, name }) => `${at} ${name}`).toSorted());
        expect(attempt.anyTaken).toBe(good.length > 0);
      }),
    );
  });

  it('is sent twice, however many points have another type than the server', async () => {
    const server = new Strict({ a: 'float' }, true);
    const points = Array.from({ length: 5_000 }, (_, i) => point(i, { a: i % 2 ? 'string' : 'float', b: 'float' }));
    const { refused } = await sendGood(points, server);
    expect(refused).toHaveLength(2_500);
    expect(refused[0]?.reason).toBe('field type conflict: a is float, not string');
    expect(server.stored.size).toBe(7_500);
    expect(server.requests).toBe(2);
  });

  it('is not halved where the server says that it dropped all of it', async () => {
    let requests = 0;
    const server: Server = {
      send: async (points) => {
        requests++;
        return { reason: 'partial write: points beyond retention policy dropped=9', dropped: points.length };
      },
      fieldTypes: async () => new Map(),
    };
    const points = Array.from({ length: 9 }, (_, i) => point(i, { a: 'float', b: 'float' }));
    const attempt = await sendGood(points, server);
    expect(attempt.refused.map(({ point: { at } }) => at)).toEqual(points.map(({ at }) => at));
    expect({ requests, anyTaken: attempt.anyTaken }).toEqual({ requests: 1, anyTaken: false });
  });

  it('never keeps half a record of a report', async () => {
    const server = new Strict({}, false);
    const attempt = await sendGood([point(1, { boot: 'string', seq: 'poison' }, 'reports')], server);
    expect(refusedFields(attempt)).toEqual(['1 boot', '1 seq']);
    expect(server.stored.size).toBe(0);
  });

  it('needs no request when it is empty, and passes on what is no refusal', async () => {
    const down: Server = {
      send: () => Promise.reject(new Error('down')),
      fieldTypes: async () => new Map(),
    };
    expect(await sendGood([], down)).toEqual({ refused: [], anyTaken: false });
    await expect(sendGood([point(1, { a: 'float' })], down)).rejects.toThrow('down');
  });

  it('knows reasons that are about points', () => {
    expect(blamesPoints('partial write: field type conflict: input field "t" is type string, already float')).toBe(
      true,
    );
    expect(blamesPoints("unable to parse 'a b 99999999999999999999': bad timestamp")).toBe(true);
    expect(blamesPoints('database is required')).toBe(false);
    expect(blamesPoints('unsupported path requested: "/foo/write"')).toBe(false);
  });
});
