import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeReports, type RawReport } from '../../src/admission/decode.ts';
import { learnTemplate } from '../../src/admission/learn-template.ts';
import { ReportReader, Templates } from '../../src/admission/report-reader.ts';
import { templateBytesMax } from '../../src/admission/template.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What a template that has learnt from `first` makes of `next`. */
function readAfter(first: string, next: string): RawReport | undefined {
  const learnt = learnTemplate(bytesOf(first), JSON.parse(first) as RawReport);
  return learnt?.template.read(bytesOf(next), learnt.texts);
}

/** Tells apart what toEqual does not: the order of keys, signs of zero, prototypes. */
function spelt(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spelt).join()}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Reflect.ownKeys(value).map((key) => `${JSON.stringify(key)}:${spelt(Reflect.get(value, key))}`);
    return `${Object.getPrototypeOf(value) === Object.prototype ? '' : 'strange '}{${entries.join()}}`;
  }
  return Object.is(value, -0) ? '-0' : `${typeof value} ${JSON.stringify(value)}`;
}

const report = '{"at":1763800000000,"boot":"b1","seq":17,"signals":{"temp":4.25,"on":true,"mode":"eco"},"faults":[]}';

describe('a template', () => {
  it.each([
    ['other numbers', '{"at":0,"boot":"b1","seq":-18,"signals":{"temp":-0.5,"on":true,"mode":"eco"},"faults":[]}'],
    ['other texts', '{"at":0,"boot":"","seq":1,"signals":{"temp":4,"on":true,"mode":"a longer one"},"faults":[]}'],
    ['another word', '{"at":0,"boot":"b1","seq":1,"signals":{"temp":4,"on":false,"mode":"e"},"faults":[]}'],
    ['no word', '{"at":0,"boot":"b10","seq":1,"signals":{"temp":4,"on":null,"mode":"ecos"},"faults":[]}'],
  ])('reads %s', (_, next) => {
    expect(spelt(readAfter(report, next))).toBe(spelt(JSON.parse(next)));
  });

  it.each([
    ['another key', report.replace('temp', 'tump')],
    ['a space more', report.replace(',', ', ')],
    ['a space at its end', `${report} `],
    ['a value of another kind', report.replace('17', '"17"')],
    ['an escape', report.replace('eco', 'e\\u0063o')],
    ['a letter beyond ASCII', report.replace('eco', 'éco')],
    ['a control character', report.replace('eco', 'e\tco')],
    ['a word that is none', report.replace('true', 'trve')],
    ['half a word', report.replace('true', 'fals,')],
    ['an end too soon', report.slice(0, -1)],
    ['nothing', ''],
  ])('does not read %s', (_, next) => {
    expect(readAfter(report, next)).toBeUndefined();
  });

  it('makes a new report each time, with what is in it', () => {
    const learnt = learnTemplate(bytesOf(report), JSON.parse(report) as RawReport);
    const [one, other] = [0, 1].map(() => learnt?.template.read(bytesOf(report), learnt.texts));
    expect(one).toStrictEqual(JSON.parse(report));
    expect(one?.signals).toStrictEqual(other?.signals);
    expect(one?.signals).not.toBe(other?.signals);
    expect(one?.faults).not.toBe(other?.faults);
  });

  it.each([
    ['a key that comes twice', '{"a":1,"b":2,"a":3}'],
    ['a key with an escape', '{"\\u0061":1}'],
    ['a key beyond ASCII', '{"é":1}'],
    ["the prototype's key", '{"signals":{"__proto__":1}}'],
    ['keys that an object puts into order', '{"b":1,"7":2}'],
    ['a text with an escape', '{"a":"\\n"}'],
    ['a long text', `{"a":"${'x'.repeat(65)}"}`],
    ['many texts', `{${Array.from({ length: 17 }, (__, i) => `"k${i}":"x"`).join()}}`],
    ['many values', `{"a":[${Array.from({ length: 128 }, () => 1).join()}]}`],
    ['a long report', `{"a":1${' '.repeat(templateBytesMax)}}`],
  ])('is not made of %s', (_, text) => {
    expect(learnTemplate(bytesOf(text), JSON.parse(text) as RawReport)).toBeUndefined();
  });

  it('keeps nothing when it is forgotten', () => {
    const learnt = learnTemplate(bytesOf(report), JSON.parse(report) as RawReport);
    learnt?.template.forget();
    expect(learnt?.template.read(bytesOf(report), learnt.texts)).toBeUndefined();
    expect(learnt?.template.read(bytesOf(''), learnt.texts)).toBeUndefined();
  });
});

describe('a number', () => {
  const read = (text: string) => readAfter('{"v":1}', `{"v":${text}}`)?.v;

  it.each(['0', '-0', '-0.0', '0.1', '4.25', '-273.15', '0.000001', '999999999999999', '9.99999999999999', '1.10'])(
    'is %s as JSON.parse has it',
    (text) => {
      expect(read(text)).toBe(JSON.parse(text));
    },
  );

  it.each([
    '01',
    '00',
    '-',
    '-01',
    '.5',
    '5.',
    '-.5',
    '+1',
    '1e3',
    '1E3',
    '1.5e-7',
    '0x1',
    '1.2.3',
    '1-',
    'NaN',
    '',
    '1 ',
  ])('is left to JSON.parse, or no number: %s', (text) => {
    expect(read(text)).toBeUndefined();
  });

  it.each(['1234567890123456', '0.1000000000000000055511151231257827', '9007199254740993', '1'.repeat(400)])(
    'has too many digits: %s',
    (text) => {
      expect(read(text)).toBeUndefined();
    },
  );

  it('is read exactly, up to fifteen digits of it', () => {
    const digits = fc.array(fc.nat(9), { minLength: 1, maxLength: 15 }).map((list) => list.join(''));
    fc.assert(
      fc.property(digits, fc.nat(15), fc.boolean(), (text, place, negative) => {
        const whole = text.slice(0, place).replace(/^0+(?=.)/, '') || '0';
        const fraction = text.slice(place, place + 15 - whole.length);
        const number = `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
        expect(read(number)).toBe(JSON.parse(number));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('messages of a device', () => {
  const text = fc.oneof(
    fc.constantFrom(
      'b1',
      'b2',
      '1.4.2',
      'eco',
      '',
      'x'.repeat(64),
      'x'.repeat(65),
      'quote"',
      'back\\slash',
      'é',
      '😀',
      '\n',
    ),
    fc.string({ maxLength: 6 }),
  );
  const number = fc.oneof(
    fc.integer(),
    fc.double(),
    fc.double({ min: -100, max: 100 }).map((value) => Math.round(value * 100) / 100),
    fc.constantFrom(0, -0, 1e21, 5e-324, 1_763_800_000_000, 2 ** 53, 123_456_789_012_345.6, 4.300000000000001),
  );
  const scalar = fc.oneof({ weight: 4, arbitrary: number }, text, fc.boolean(), fc.constant(null));
  const key = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('temp', 'flow', 'door', 'humidity', 'a', 'b') },
    fc.constantFrom('__proto__', 'constructor', '1', '0', '', 'é', 'q"', 'toString'),
  );
  const readings = fc.array(fc.tuple(key, scalar), { maxLength: 6 });
  const faults = fc.array(fc.tuple(fc.constantFrom('E1', 'E2'), fc.boolean()), { maxLength: 2 });

  interface Spoken {
    readonly at: number | string;
    readonly boot: string;
    readonly readings: readonly (readonly [string, unknown])[];
    readonly faults: readonly (readonly [string, boolean])[] | undefined;
    readonly space: string;
  }
  const spoken: fc.Arbitrary<Spoken> = fc.record({
    at: fc.oneof(number, fc.constantFrom('2026-03-01T12:00:00Z', '2026-03-01T12:00:01Z')),
    boot: text,
    readings,
    faults: fc.option(faults, { nil: undefined }),
    space: fc.constantFrom('', '', '', ' ', '\n  '),
  });

  /** Written by hand: an object has no key twice, and JSON.stringify no signed zero. */
  function written({ at, boot, readings: pairs, faults: codes, space }: Spoken): string {
    const spell = (value: unknown) => (Object.is(value, -0) ? '-0' : JSON.stringify(value));
    const signals = pairs.map(([name, value]) => `${JSON.stringify(name)}:${space}${spell(value)}`);
    const told = codes?.map(([code, active]) => `{"code":"${code}","active":${active}}`);
    const rest = told ? `,${space}"faults":[${told.join()}]` : '';
    return `{${space}"at":${spell(at)},"boot":${spell(boot)},${space}"signals":{${signals.join(`,${space}`)}}${rest}${space}}`;
  }

  /** Other values in the same places, most of the time. */
  const followed = fc.tuple(
    spoken,
    fc.array(fc.tuple(number, text, fc.array(scalar, { maxLength: 6 })), { maxLength: 5 }),
  );
  const damage = fc.oneof(
    fc.constantFrom(
      '0',
      '1',
      '9',
      '-',
      '.',
      'e',
      'E',
      '+',
      '"',
      '\\',
      ' ',
      ',',
      ':',
      '{',
      '}',
      '[',
      ']',
      'é',
      '\u0000',
      '',
    ),
    fc.constantFrom('-0', '1e5', '00', '1.', '123456789012345678', '\\u0061', 'true', 'null', '"a":1,', '\ufeff'),
  );
  const mutation = fc.record({ place: fc.double({ min: 0, max: 1, noNaN: true }), removed: fc.nat(3), put: damage });

  it('are read as they are without a template, whatever came before', () => {
    fc.assert(
      fc.property(followed, fc.array(mutation, { maxLength: 12 }), ([first, others], mutations) => {
        const texts = [written(first), written(first)];
        for (const [at, boot, values] of others) {
          const pairs = first.readings.map(
            ([name, value], i) => [name, i < values.length ? values[i] : value] as const,
          );
          texts.push(written({ ...first, at, boot, readings: pairs }));
        }
        for (const { place, removed, put } of mutations) {
          const whole = texts[Math.floor(place * 7) % texts.length] ?? '';
          const from = Math.floor(place * whole.length);
          texts.push(whole.slice(0, from) + put + whole.slice(from + removed), whole);
        }
        const reader = new ReportReader(new Templates());
        for (const each of texts) {
          const payload = bytesOf(each);
          expect(spelt(reader.read(payload))).toBe(spelt(decodeReports(payload)));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('are read as they are without a template when bytes are damaged', () => {
    const flip = fc.record({ place: fc.nat(report.length - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(flip, { minLength: 1, maxLength: 3 }), (flips) => {
        const learnt = learnTemplate(bytesOf(report), JSON.parse(report) as RawReport);
        const payload = bytesOf(report);
        for (const { place, byte } of flips) payload[place] = byte;
        const read = learnt?.template.read(payload, learnt.texts);
        if (read !== undefined) expect(spelt({ ok: true, reports: [read] })).toBe(spelt(decodeReports(payload)));
        else expect(learnt).toBeDefined();
      }),
      { numRuns: 3_000 },
    );
  });
});
