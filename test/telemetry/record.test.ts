import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeRecord, encodeRecord, type LogRecord } from '../../src/telemetry/index.ts';

const device = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/);

it('a message comes back as it went in, byte for byte', () => {
  const message = fc.record({
    receivedAt: fc.integer({ min: 0, max: 4e12 }),
    device,
    topic: fc.string({ unit: 'binary', maxLength: 300 }).filter((topic) => topic.isWellFormed()),
    payload: fc.uint8Array({ maxLength: 2_000 }),
  });
  fc.assert(
    fc.property(message, fc.nat(8), (fields, shift) => {
      const record: LogRecord = { kind: 'message', ...fields };
      const bytes = encodeRecord(record);
      const elsewhere = new Uint8Array(shift + bytes.length);
      elsewhere.set(bytes, shift);
      const back = decodeRecord(elsewhere.subarray(shift));
      expect({ ...back, payload: Array.from('payload' in back ? back.payload : []) }).toEqual({
        ...record,
        payload: Array.from(fields.payload),
      });
    }),
  );
});

it('names that were read before are told from others by every byte', () => {
  const sender = fc.record({
    device: fc.constantFrom('f1', 'f2', 'a-0001', 'b-0001', 'b-0002', 'rack-b-0001'),
    topic: fc.constantFrom('t', 'devices/b-0001/reports', 'devices/b-0001/report5', 'é', 'e', '\u0000', ''),
  });
  fc.assert(
    fc.property(fc.array(sender, { minLength: 1, maxLength: 30 }), (senders) => {
      const records = senders.map((names): LogRecord => {
        return { kind: 'message', receivedAt: 1, ...names, payload: Buffer.of(1) };
      });
      expect(records.map((record) => decodeRecord(encodeRecord(record)))).toEqual(records);
    }),
  );
});

it.each<LogRecord>([
  { kind: 'tick', at: 5 },
  { kind: 'resumed', at: 6 },
  { kind: 'oversize', receivedAt: 7, device: 'd1', bytes: 300_000 },
  { kind: 'fact', fact: { type: 'device-retired', at: 8, id: 'd1' } },
])('$kind comes back as it went in', (record) => {
  expect(decodeRecord(encodeRecord(record))).toEqual(record);
});

it('refuses bytes that are no record', () => {
  expect(() => decodeRecord(new Uint8Array([9, 1, 2]))).toThrow('known tag');
});
