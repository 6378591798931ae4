import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeReports, type RawReport } from '../../src/admission/decode.ts';
import { learnTemplate } from '../../src/admission/learn-template.ts';
import { templateBytesMax } from '../../src/admission/template.ts';
import { bytesOf, spelt } from './spelt.ts';

const lessonOf = (text: string) => learnTemplate(bytesOf(text), JSON.parse(text) as RawReport);

/** What a template that has learnt from `first` makes of `next`. */
function readAfter(first: string, next: string): RawReport | undefined {
  const lesson = lessonOf(first);
  return lesson?.template().read(bytesOf(next), lesson.texts);
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
    const lesson = lessonOf(report);
    const template = lesson?.template();
    const read = (text: string) => template?.read(bytesOf(text), lesson?.texts ?? []);
    const one = read(report);
    const other = read(report.replace('4.25', '5.5'));
    expect(one).toStrictEqual(JSON.parse(report));
    expect(other?.signals).toStrictEqual({ temp: 5.5, on: true, mode: 'eco' });
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
    expect(lessonOf(text)).toBeUndefined();
  });

  it('keeps nothing when it is forgotten', () => {
    const template = lessonOf(report)?.template();
    expect(template?.read(bytesOf(report), [])).toBeDefined();
    template?.forget();
    expect(template?.read(bytesOf(report), [])).toBeUndefined();
    expect(template?.read(bytesOf(''), [])).toBeUndefined();
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

it('a damaged report is read as JSON.parse reads it, or not', () => {
  const template = lessonOf(report)?.template();
  const flip = fc.record({ place: fc.nat(report.length - 1), byte: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(flip, { minLength: 1, maxLength: 3 }), (flips) => {
      const payload = bytesOf(report);
      for (const { place, byte } of flips) payload[place] = byte;
      const read = template?.read(payload, []);
      const isSame = read === undefined || spelt({ ok: true, reports: [read] }) === spelt(decodeReports(payload));
      expect(isSame).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});
