import fc from 'fast-check';
import type { Report, SignalValue } from '../../src/telemetry/index.ts';

/** Finite, of every kind that columns treat differently: whole, decimal, single precision, odd. */
export const number: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -1_000, max: 1_000 }),
  fc.integer({ min: -100_000, max: 100_000 }).map((n) => n / 100),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(-0, 0, 2 ** 51, -(2 ** 51), 2 ** 53, -(2 ** 53), 5e-324, Number.MAX_VALUE, 0.1 + 0.2),
);

/** Mostly of a few seconds, so that many reports share one, or of some hours; a few are of any year. */
const instant = fc.oneof(
  { weight: 3, arbitrary: fc.nat({ max: 12 }).map((n) => 1_763_683_200_000 + n * 1_000) },
  { weight: 3, arbitrary: fc.nat({ max: 30 }).map((n) => 1_763_683_200_000 + n * 1_200_000) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 8_640_000_000_000_000 }) },
);

const text = fc.oneof(fc.constantFrom('b1', 'b2'), fc.string({ unit: 'binary', maxLength: 5 }), fc.constant('\ud800'));

const value: fc.Arbitrary<SignalValue> = fc.oneof(number, fc.boolean(), text);
const column = fc.constantFrom('temp', 'power', 'constructor', 'to_string');

const signals = fc.oneof(
  { weight: 3, arbitrary: number.map((temp) => ({ temp, power: 5, door_open: true })) },
  { weight: 1, arbitrary: fc.dictionary(column, value, { noNullPrototype: true }) },
);

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 4 });

const ownReport: fc.Arbitrary<Report> = fc.record({
  device: fc.constantFrom('d1', 'd2', 'd3', 'd4'),
  product: fc.constantFrom('fridge', 'fridge', 'boiler'),
  offset: fc.constant(0),
  index: fc.constant(0),
  at: instant,
  receivedAt: instant,
  rawAt: optional(fc.oneof(instant, fc.constant(-1))),
  boot: optional(text),
  seq: optional(fc.nat({ max: 20 })),
  firmware: optional(text),
  signals,
  faults: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.record({ code: text, active: fc.boolean() }), { maxLength: 3 }) },
  ),
});

const parent = fc.oneof(
  { weight: 1, arbitrary: number.map((temp) => ({ temp })) },
  { weight: 1, arbitrary: fc.dictionary(column, value, { noNullPrototype: true, minKeys: 1 }) },
);

/** A report at offset 0: whoever needs a log gives offsets. A few record what was known of the parent. */
export const anyReport: fc.Arbitrary<Report> = fc.oneof(
  { weight: 3, arbitrary: ownReport },
  { weight: 1, arbitrary: fc.tuple(ownReport, parent).map(([report, known]) => ({ ...report, parent: known })) },
);

/** Messages of one to three reports at rising offsets, with holes between. */
export const reportLog = (messagesMax: number): fc.Arbitrary<Report[]> =>
  fc
    .array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.array(anyReport, { minLength: 1, maxLength: 3 })), {
      maxLength: messagesMax,
    })
    .map((messages) => {
      let offset = -1;
      return messages.flatMap(([gap, reports]) => {
        offset += gap;
        return reports.map((report, index) => ({ ...report, offset, index }));
      });
    });
