import { expect, it } from 'vitest';
import { encodePubacks, OwnReports } from '../../src/broker/own-reports.ts';
import { publishFrame } from './raw-client.ts';

const own = new OwnReports('a-1');

function read(frame: Buffer) {
  return own.read(frame, frame[0] ?? 0, 2, frame.length);
}

it('knows a report of the device on its own topic, sent again or not', () => {
  const frame = publishFrame('devices/a-1/reports', '{"seq":1}', 513);
  expect(read(frame)).toEqual({ packetId: 513, payload: Buffer.from('{"seq":1}') });
  expect(read(publishFrame('devices/a-1/reports', '', 1))).toEqual({ packetId: 1, payload: Buffer.alloc(0) });
  frame[0] = (frame[0] ?? 0) | 0x08;
  expect(read(frame)).toMatchObject({ packetId: 513 });
});

it.each([
  ['another topic', publishFrame('devices/a-1/status', '{}', 1)],
  ['another device', publishFrame('devices/a-2/reports', '{}', 1)],
  ['a longer topic', publishFrame('devices/a-1/reports/x', '{}', 1)],
  ['packet id 0, which is forbidden', publishFrame('devices/a-1/reports', '{}', 0)],
  ['a frame that is too short for its topic', publishFrame('devices/a-1/reports', '', 1).subarray(0, 12)],
])('leaves %s to the broker', (_, frame) => {
  expect(read(frame)).toBeUndefined();
});

it.each([
  ['QoS 0', 0x30],
  ['QoS 2', 0x34],
  ['retained', 0x33],
  ['another packet', 0x40],
])('leaves %s to the broker', (_, firstByte) => {
  const frame = publishFrame('devices/a-1/reports', '{}', 1);
  expect(own.read(frame, firstByte, 2, frame.length)).toBeUndefined();
});

it('writes the acknowledgements of many packets in one piece', () => {
  expect([...encodePubacks([1, 0x1234, 65_535])]).toEqual([0x40, 2, 0, 1, 0x40, 2, 0x12, 0x34, 0x40, 2, 255, 255]);
});
