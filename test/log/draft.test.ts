import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Draft } from '../../src/log/draft.ts';
import { layOutGroup } from '../../src/log/segment-format.ts';

const payloads = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 50 });

it('lays out as its records one by one would, also when it is used again', () => {
  const draft = new Draft();
  fc.assert(
    fc.property(payloads, (records) => {
      draft.clear();
      for (const record of records) draft.add(record);
      expect([...draft].map((record) => [...record])).toEqual(records.map((record) => [...record]));
      expect(body(layOutGroup(draft))).toEqual(body(layOutGroup(records)));
    }),
  );
});

it('grows with what is put in, and gives large memory back', () => {
  const draft = new Draft();
  const large = Buffer.alloc(5 * 1024 * 1024, 1);
  draft.add(Buffer.from('a'));
  draft.add(large);
  expect({ length: draft.length, bytes: draft.bytes, end: draft.joined.at(-1) }).toEqual({
    length: 2,
    bytes: large.length + 1,
    end: 1,
  });
  draft.clear();
  expect({ length: draft.length, memory: draft.joined.buffer.byteLength }).toEqual({ length: 0, memory: 64 * 1024 });
});

/** The header is written later, when the place is known. */
function body(group: Buffer): Buffer {
  return group.subarray(28);
}
