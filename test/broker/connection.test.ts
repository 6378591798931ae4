import { generate } from 'mqtt-packet';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startTestBroker, type TestBroker, type TestBrokerOptions } from './fixture.ts';
import { connectFrame, publishFrame, RawClient } from './raw-client.ts';

const pingreq = Buffer.from([0xc0, 0]);
const deadline = { timeout: 15_000, interval: 5 };
const open: TestBroker[] = [];

async function start(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const started = await startTestBroker({ ...options, limits: { drainTimeoutMs: 500, ...options.limits } });
  open.push(started);
  return started;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map(({ broker }) => broker.close()));
});

const reports = (device: string, count: number, bytes = 10): Buffer[] =>
  Array.from({ length: count }, (_, index) =>
    publishFrame(`devices/${device}/reports`, `${index}`.padEnd(bytes, '.'), index + 1),
  );

describe('a packet beyond the limit', () => {
  it.each([1_000_000, 20_000_000])('of %d bytes closes the connection before it is kept', async (bytes) => {
    const { port, oversize, messages } = await start();
    const client = await RawClient.connect(port, 'a');
    const frame = publishFrame('devices/a/reports', Buffer.alloc(bytes), 1);
    const memory = process.memoryUsage().arrayBuffers;
    client.socket.write(frame);
    await client.closed();
    expect(oversize).toEqual([['a', frame.length]]);
    expect(messages).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - memory).toBeLessThan(1_000_000);
  });

  it('is refused by its header, though it trickles in', async () => {
    const { port, oversize } = await start();
    const client = await RawClient.connect(port, 'a');
    const frame = publishFrame('devices/a/reports', Buffer.alloc(300_000), 1);
    for (const byte of frame.subarray(0, 4)) {
      client.socket.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    await client.closed();
    expect(oversize).toEqual([['a', frame.length]]);
  });

  it('takes nothing from the good ones before it, whose acks go out first', async () => {
    const { port, oversize, messages } = await start({ hold: true });
    const client = await RawClient.connect(port, 'a');
    const large = publishFrame('devices/a/reports', Buffer.alloc(1_000_000), 9);
    client.send(...reports('a', 3), large, publishFrame('devices/a/reports', 'behind', 10));
    await vi.waitFor(() => expect(oversize).toEqual([['a', large.length]]), deadline);
    await vi.waitFor(() => expect(messages).toHaveLength(3), deadline);
    expect(client.isClosed).toBe(false);
    for (const message of messages) message.done();
    for (const messageId of [1, 2, 3]) expect(await client.next('puback')).toMatchObject({ messageId });
    await client.closed();
    expect(messages).toHaveLength(3);
  });

  it('waits for the acks of the good ones no longer than it must', async () => {
    const { port, messages, oversize } = await start({ hold: true, limits: { drainTimeoutMs: 50 } });
    const client = await RawClient.connect(port, 'a');
    client.send(...reports('a', 1), publishFrame('devices/a/reports', Buffer.alloc(300_000), 9));
    await client.closed();
    expect([messages.length, oversize.length]).toEqual([1, 1]);
  });

  it('is nobody’s before CONNECT', async () => {
    const { port, oversize } = await start();
    const client = await RawClient.open(port);
    client.send(connectFrame('a', { password: Buffer.alloc(60_000) }).fill(0xff, 1, 4));
    await client.closed();
    expect(oversize).toEqual([]);
  });

  it('is not one of exactly 256 KiB, even in small pieces', async () => {
    const { port, messages } = await start();
    const client = await RawClient.connect(port, 'a');
    const overhead = publishFrame('devices/a/reports', Buffer.alloc(200_000), 1).length - 200_000;
    const frame = publishFrame('devices/a/reports', Buffer.alloc(256 * 1024 - overhead, 7), 1);
    expect(frame).toHaveLength(256 * 1024);
    for (let at = 0; at < frame.length; at += 1_000) {
      client.socket.write(frame.subarray(at, at + 1_000));
      await new Promise(setImmediate);
    }
    await client.next('puback');
    expect(messages[0]?.payload).toHaveLength(256 * 1024 - overhead);
  });
});

describe('own reports and everything else', () => {
  it.each([1, 7, 61, 1_000, 100_000])('come in their order, in pieces of %d bytes', async (pieceBytes) => {
    const { port, messages } = await start();
    const client = await RawClient.connect(port, 'a');
    const topics = ['devices/a/reports', 'devices/a/reports', 'devices/a/status', 'devices/b/reports'];
    const frames = Array.from({ length: 120 }, (_, index) =>
      publishFrame(topics[(index * 7) % 11] ?? 'devices/a/reports', `${index}`.padEnd(index, '.'), index + 1),
    );
    const bytes = Buffer.concat(frames.flatMap((frame, index) => (index % 10 === 9 ? [frame, pingreq] : [frame])));
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      client.socket.write(bytes.subarray(at, at + pieceBytes));
      if (pieceBytes > 1 || at % 16 === 0) await new Promise(setImmediate);
    }
    await vi.waitFor(() => expect(client.received).toHaveLength(1 + 120 + 12), deadline);
    const wanted = Array.from({ length: 120 }, (_, index) => index);
    expect(messages.map(({ text }) => Number.parseInt(text, 10))).toEqual(wanted);
    const acked = client.received.flatMap((packet) => (packet.cmd === 'puback' ? [packet.messageId] : []));
    expect(acked).toEqual(wanted.map((index) => index + 1));
  });
});

describe('messages in flight', () => {
  it('of one connection are bounded; the rest comes when they are done', async () => {
    const { port, messages } = await start({ hold: true, limits: { inFlightMax: 7 } });
    const client = await RawClient.connect(port, 'a');
    client.send(...reports('a', 100));
    const other = await RawClient.connect(port, 'b');
    other.send(...reports('b', 1));
    await vi.waitFor(() => expect(messages.some(({ device }) => device === 'b')).toBe(true), deadline);
    messages.splice(7)[0]?.done();

    const seen: string[] = [];
    while (seen.length < 100) {
      await vi.waitFor(() => expect(messages.length).toBeGreaterThan(0), deadline);
      expect(messages.length).toBeLessThanOrEqual(7);
      for (const message of messages.splice(0)) {
        seen.push(message.text);
        message.done();
      }
    }
    expect(seen.map((text) => Number.parseInt(text, 10))).toEqual(Array.from({ length: 100 }, (_, index) => index));
    await vi.waitFor(() => expect(client.received).toHaveLength(101), deadline);
  });

  it('are bounded by their bytes', async () => {
    const { port, messages } = await start({ hold: true, limits: { inFlightBytesMax: 1 } });
    const client = await RawClient.connect(port, 'a');
    client.send(...reports('a', 20, 100_000));
    let done = 0;
    while (done < 20) {
      await vi.waitFor(() => expect(messages.length).toBeGreaterThan(0), deadline);
      expect(messages.length).toBeLessThanOrEqual(3);
      for (const message of messages.splice(0)) {
        done += 1;
        message.done();
      }
    }
    await vi.waitFor(() => expect(client.received).toHaveLength(21), deadline);
  });

  it('of all connections are bounded, and each gets its turn', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `d${index}`);
    const { port, messages } = await start({ hold: true, limits: { inFlightMax: 5, inFlightTotalMax: 10 } });
    const clients = await Promise.all(names.map((name) => RawClient.connect(port, name)));
    for (const [index, client] of clients.entries()) client.send(...reports(`d${index}`, 50));
    const counts = new Map<string, number>();
    let done = 0;
    while (done < 400) {
      await vi.waitFor(() => expect(messages.length).toBeGreaterThan(0), deadline);
      expect(messages.length).toBeLessThan(10 + 5);
      for (const message of messages.splice(0, 3)) {
        counts.set(message.device, (counts.get(message.device) ?? 0) + 1);
        done += 1;
        message.done();
      }
    }
    expect([...counts.values()]).toEqual(names.map(() => 50));
    await vi.waitFor(() => expect(clients.every(({ received }) => received.length === 51)).toBe(true), deadline);
  });

  it('of lost connections stop counting when they are done', async () => {
    const { port, messages } = await start({ hold: true, limits: { inFlightTotalMax: 3 } });
    const lost = await RawClient.connect(port, 'a');
    lost.send(...reports('a', 3));
    await vi.waitFor(() => expect(messages).toHaveLength(3), deadline);
    lost.end();
    const client = await RawClient.connect(port, 'b');
    client.send(...reports('b', 1));
    for (const message of messages.splice(0)) message.done();
    await vi.waitFor(() => expect(messages).toHaveLength(1), deadline);
    messages[0]?.done();
    await client.next('puback');
  });
});

describe('a device beyond its rate', () => {
  it('is read more slowly, loses nothing, and holds up nobody', async () => {
    const { port, messages } = await start({ limits: { reportsPerSecondMax: 100, inFlightMax: 5 } });
    const fast = await RawClient.connect(port, 'fast', { keepalive: 1 });
    fast.send(...reports('fast', 60));
    const slow = await RawClient.connect(port, 'slow');
    slow.send(...reports('slow', 1));
    await slow.next('puback');
    expect(messages.filter(({ device }) => device === 'fast').length).toBeLessThan(60);
    await vi.waitFor(() => expect(fast.received).toHaveLength(61), deadline);
    const texts = messages.filter(({ device }) => device === 'fast').map(({ text }) => Number.parseInt(text, 10));
    expect(texts).toEqual(Array.from({ length: 60 }, (_, index) => index));
  });
});

describe('a device that sends arrays', () => {
  it('is held to its rate in reports, not in messages', async () => {
    const { port, messages } = await start({ limits: { reportsPerSecondMax: 500, inFlightMax: 2 } });
    const array = JSON.stringify(Array.from({ length: 100 }, (_, seq) => ({ seq, signals: { temp: 4 } })));
    const fast = await RawClient.connect(port, 'fast');
    const of = (id: string) => messages.filter(({ device }) => device === id).length;
    fast.send(...Array.from({ length: 12 }, (_, index) => publishFrame('devices/fast/reports', array, index + 1)));
    await vi.waitFor(() => expect(of('fast')).toBeGreaterThan(0), deadline);
    const slow = await RawClient.connect(port, 'slow');
    slow.send(...reports('slow', 1));
    await slow.next('puback');
    // Twelve messages are nothing, but 1,200 reports take it two seconds.
    expect(of('fast')).toBeLessThan(12);
    await vi.waitFor(() => expect(fast.received).toHaveLength(13), deadline);
    expect(of('fast')).toBe(12);
  });
});

describe('a subscriber that does not read', () => {
  const subscribe = async (client: RawClient, device: string): Promise<void> => {
    const subscriptions = [{ topic: `devices/${device}/commands`, qos: 1 as const }];
    client.send(generate({ cmd: 'subscribe', messageId: 1, subscriptions }));
    await client.next('suback');
  };

  it('is cut off, bounds what waits for it, and holds up no other', async () => {
    const { port, broker, problems } = await start();
    const [stuck, other] = [await RawClient.connect(port, 'stuck'), await RawClient.connect(port, 'other')];
    await subscribe(stuck, 'stuck');
    await subscribe(other, 'other');
    stuck.socket.pause();
    const large = 'x'.repeat(60_000);
    for (let round = 0; round < 400; round++) {
      for (let i = 0; i < 5; i++) broker.publish('devices/stuck/commands', large);
      await new Promise(setImmediate);
    }
    broker.publish('devices/other/commands', 'hello');
    expect((await other.next('publish')).payload.toString()).toBe('hello');
    await vi.waitFor(() => expect(problems).toEqual([['stuck', 'drain timeout']]), deadline);
    await vi.waitFor(() => expect(broker.connections()).toBe(1), deadline);

    // What the kernel held for it and what we did: of 120 MB published.
    stuck.socket.resume();
    await stuck.closed();
    expect(stuck.received.length * large.length).toBeLessThan(30_000_000);
  });

  it('survives 50,000 publications at once', async () => {
    const { port, broker } = await start({ limits: { outboundBytesMax: 100_000_000, drainTimeoutMs: 5_000 } });
    const client = await RawClient.connect(port, 'a');
    await subscribe(client, 'a');
    for (let i = 0; i < 50_000; i++) broker.publish('devices/a/commands', `${i}`);
    for (let i = 0; i < 50_000; i++) broker.publish('devices/a/rejected', `${i}`);
    await vi.waitFor(() => expect(client.received).toHaveLength(50_002), deadline);
    const last = client.received.at(-1);
    expect(last?.cmd === 'publish' && last.payload.toString()).toBe('49999');
  });
});
