import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeReports } from '../../src/admission/decode.ts';
import { type Lesson, learnTemplate } from '../../src/admission/learn-template.ts';
import { ReportReader, Templates } from '../../src/admission/report-reader.ts';
import type { Template } from '../../src/admission/template.ts';
import { bytesOf, spelt } from './spelt.ts';

/** Counts what its readers learn. */
class CountedTemplates extends Templates {
  lessons = 0;

  override learn(lesson: Lesson): Template {
    this.lessons += 1;
    return super.learn(lesson);
  }
}

/** How often a device that says these has to learn, when each is read as it is without a template. */
function lessonsIn(texts: readonly string[], templates = new CountedTemplates()): number {
  const before = templates.lessons;
  const reader = new ReportReader(templates);
  for (const text of texts) expect(reader.read(bytesOf(text))).toStrictEqual(decodeReports(bytesOf(text)));
  return templates.lessons - before;
}

const times = (count: number, text: (i: number) => string) => Array.from({ length: count }, (_, i) => text(i));

describe('a reader', () => {
  it('learns once what comes again with other values', () => {
    expect(lessonsIn(times(500, (i) => `{"at":${i},"boot":"b${i >> 6}","signals":{"temp":${i / 4}}}`))).toBe(1);
  });

  it('knows two kinds of reports', () => {
    expect(lessonsIn(times(500, (i) => (i % 2 ? `{"at":${i}}` : `{"at":${i},"faults":[]}`)))).toBe(2);
  });

  it('learns a new kind when the firmware is another', () => {
    expect(lessonsIn(times(500, (i) => `{"at":${i},"signals":{"${i < 250 ? 'old' : 'new'}":1.5}}`))).toBe(2);
  });

  it.each([
    ['kinds that are never the same', (i: number) => `{"at":${i},"k${i}":1}`],
    ['one kind after another', (i: number) => `{"at":${i},"k${i % 3}":1}`],
    ['numbers with exponents', (i: number) => `{"at":${i},"k":1e${i % 9}}`],
  ])('soon leaves a device alone that has %s', (_, text) => {
    expect(lessonsIn(times(10_000, text))).toBeLessThan(20);
  });

  it('returns to a device that has become regular', () => {
    const odd = times(200, (i) => `{"k${i}":1}`);
    const regular = times(2_000, (i) => `{"at":${i}}`);
    const templates = new CountedTemplates();
    const reader = new ReportReader(templates);
    for (const text of [...odd, ...regular]) reader.read(bytesOf(text));
    const before = templates.lessons;
    for (const text of regular) reader.read(bytesOf(text));
    expect(templates.lessons).toBe(before);
  });

  it.each(['[{"at":1},{"at":2}]', '[]', ' {"at":1}', 'null', '', '{"at":1', `{"at":1${' '.repeat(3_000)}}`])(
    'leaves %s to JSON.parse',
    (text) => {
      expect(lessonsIn([text, text])).toBe(0);
    },
  );
});

describe('the templates of a fleet', () => {
  const lessonOf = (text: string): Lesson => {
    const lesson = learnTemplate(bytesOf(text), JSON.parse(text));
    if (lesson === undefined) throw new Error('no lesson');
    return lesson;
  };

  it('are shared by devices that report alike', () => {
    const templates = new Templates();
    const [one, other] = ['{"boot":"b1","at":1}', '{"boot":"b22","at":-2.5}'].map((text) =>
      templates.learn(lessonOf(text)),
    );
    expect(one).toBe(other);
    expect(templates.learn(lessonOf('{"boot":"b1","at":true}'))).not.toBe(one);
  });

  it('are bounded: the one not asked for longest is forgotten', () => {
    const templates = new Templates();
    const [first, second] = times(256, (i) => `{"k${i}":1}`).map((text) => templates.learn(lessonOf(text)));
    templates.learn(lessonOf('{"k0":2}'));
    templates.learn(lessonOf('{"other":1}'));
    expect(first?.read(bytesOf('{"k0":3}'), [])).toEqual({ k0: 3 });
    expect(second?.read(bytesOf('{"k1":3}'), [])).toBeUndefined();
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
});
