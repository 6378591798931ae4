import { generate, writeToStream } from 'mqtt-packet';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startTestBroker, type TestBroker, type TestBrokerOptions } from './fixture.ts';
import { connectFrame, publishFrame, RawClient } from './raw-client.ts';

const deadline = { timeout: 10_000, interval: 5 };
const open: TestBroker[] = [];

async function start(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const started = await startTestBroker({ ...options, limits: { drainTimeoutMs: 1_000, ...options.limits } });
  open.push(started);
  return started;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map(({ broker }) => broker.close()));
});

const subscribeFrame = (messageId: number, ...topics: string[]): Buffer =>
  generate({ cmd: 'subscribe', messageId, subscriptions: topics.map((topic) => ({ topic, qos: 1 as const })) });
const disconnectFrame = generate({ cmd: 'disconnect' });
const pingFrame = generate({ cmd: 'pingreq' });

/** A round trip: everything sent before it has been read. */
async function ping(client: RawClient): Promise<void> {
  client.send(pingFrame);
  await client.next('pingresp');
}

it('has no bytes of numbers made beforehand, of which aedes writes hardly any', () => {
  expect(writeToStream.cacheNumbers).toBe(false);
});

describe('acknowledging', () => {
  it('waits for done, and follows the order of done', async () => {
    const { port, messages } = await start({ hold: true });
    const a = await RawClient.connect(port, 'a');
    const b = await RawClient.connect(port, 'b');
    a.send(publishFrame('devices/a/reports', 'one', 11), publishFrame('devices/a/reports', 'two', 12));
    b.send(publishFrame('devices/b/reports', 'three', 13));
    await vi.waitFor(() => expect(messages).toHaveLength(3), deadline);
    expect(a.received).toHaveLength(1);

    const byText = new Map(messages.map((message) => [message.text, message]));
    byText.get('three')?.done();
    expect((await b.next('puback')).messageId).toBe(13);
    expect(a.received).toHaveLength(1);
    byText.get('one')?.done();
    byText.get('two')?.done();
    expect((await a.next('puback')).messageId).toBe(11);
    expect((await a.next('puback')).messageId).toBe(12);
  });

  it('never happens after done(error): the connection is closed', async () => {
    const { port, messages, problems } = await start({ hold: true });
    const client = await RawClient.connect(port, 'a');
    client.send(publishFrame('devices/a/reports', 'x', 1));
    await vi.waitFor(() => expect(messages).toHaveLength(1), deadline);
    messages[0]?.done(new Error('the disk is full'));
    await client.closed();
    expect(client.received.map(({ cmd }) => cmd)).toEqual(['connack']);
    expect(problems).toEqual([['a', 'the disk is full']]);
  });

  it('goes by PUBREC and PUBCOMP for QoS 2', async () => {
    const { port, messages } = await start({ hold: true });
    const client = await RawClient.connect(port, 'a');
    client.send(publishFrame('devices/a/reports', 'x', 5, 2));
    await vi.waitFor(() => expect(messages).toHaveLength(1), deadline);
    expect(messages[0]).toMatchObject({ text: 'x', qos: 2 });
    expect(client.received).toHaveLength(1);
    messages[0]?.done();
    expect((await client.next('pubrec')).messageId).toBe(5);
    client.send(generate({ cmd: 'pubrel', messageId: 5 }));
    expect((await client.next('pubcomp')).messageId).toBe(5);
  });

  it('is not asked for by QoS 0', async () => {
    const { port, messages } = await start();
    const client = await RawClient.connect(port, 'a');
    client.send(publishFrame('devices/a/reports', 'x', 0, 0));
    await ping(client);
    expect(messages[0]).toMatchObject({ device: 'a', topic: 'devices/a/reports', qos: 0, retain: false, text: 'x' });
    expect(client.received.map(({ cmd }) => cmd)).toEqual(['connack', 'pingresp']);
  });

  it('comes for forbidden topics too, and nobody receives them', async () => {
    const { port, messages } = await start();
    const b = await RawClient.connect(port, 'b');
    b.send(subscribeFrame(1, 'devices/b/commands'));
    expect((await b.next('suback')).granted).toEqual([1]);
    const a = await RawClient.connect(port, 'a');
    for (const topic of ['devices/b/commands', 'devices/b/reports', '$SYS/x', 'nonsense']) {
      a.send(publishFrame(topic, 'x', 3));
      expect((await a.next('puback')).messageId).toBe(3);
    }
    expect(messages.map(({ device, topic }) => [device, topic])).toEqual([
      ['a', 'devices/b/commands'],
      ['a', 'devices/b/reports'],
      ['a', '$SYS/x'],
      ['a', 'nonsense'],
    ]);
    await ping(b);
    expect(b.received.map(({ cmd }) => cmd)).toEqual(['connack', 'suback', 'pingresp']);
  });

  it('lets payloads be kept', async () => {
    const { port, messages } = await start();
    const client = await RawClient.connect(port, 'a');
    const texts = Array.from({ length: 2_000 }, (_, index) => `${index}:${'y'.repeat(index % 300)}`);
    for (const [index, text] of texts.entries()) client.send(publishFrame('devices/a/reports', text, index + 1));
    await vi.waitFor(() => expect(client.received).toHaveLength(2_001), deadline);
    expect(messages.map(({ payload }) => Buffer.from(payload).toString())).toEqual(texts);
  });

  it('keeps the order of messages that were sent along with CONNECT', async () => {
    const { port, messages } = await start();
    const client = await RawClient.open(port);
    const texts = Array.from({ length: 200 }, (_, index) => `${index}`);
    client.send(connectFrame('a'), ...texts.map((text, index) => publishFrame('devices/a/reports', text, index + 1)));
    await vi.waitFor(() => expect(client.received).toHaveLength(201), deadline);
    expect(messages.map(({ text }) => text)).toEqual(texts);
  });
});

describe('who is let in', () => {
  const refused = async (port: number, frame: Buffer): Promise<number | undefined> => {
    const client = await RawClient.open(port);
    client.send(frame);
    const { returnCode } = await client.next('connack');
    await client.closed();
    return returnCode;
  };

  it('is who names itself and knows its secret', async () => {
    const { port, problems } = await start();
    expect(await refused(port, connectFrame('a', { password: Buffer.from('wrong') }))).toBe(4);
    expect(await refused(port, connectFrame('a', { username: 'b' }))).toBe(5);
    const nameless = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: 'a' } as const;
    expect(await refused(port, generate(nameless))).toBe(5);
    expect(await refused(port, generate({ ...nameless, username: 'a' }))).toBe(4);
    expect(problems[0]).toEqual(['a', 'the secret is not the device’s']);
  });

  it('is nobody whose id no device can have', async () => {
    const { port, messages } = await start();
    const long = 'a'.repeat(65);
    expect(await refused(port, connectFrame('a b', { username: 'a b' }))).toBe(5);
    expect(await refused(port, connectFrame(long))).toBe(5);
    expect(await refused(port, connectFrame(long, { protocolVersion: 3, protocolId: 'MQIsdp' }))).toBe(5);
    expect(await refused(port, connectFrame('', { clean: true, username: 'a' }))).toBe(5);
    expect(messages).toEqual([]);
  });

  it('is nobody while the service refuses', async () => {
    let reason: string | undefined = 'the log is full';
    const { port } = await start({ refusal: () => reason });
    expect(await refused(port, connectFrame('a'))).toBe(3);
    reason = undefined;
    (await RawClient.connect(port, 'a')).end();
  });

  it('is nobody beyond the limit of connections, but whoever comes back', async () => {
    const { port, broker } = await start({ limits: { connectionsMax: 2 } });
    const [a, b] = [await RawClient.connect(port, 'a'), await RawClient.connect(port, 'b')];
    expect(await refused(port, connectFrame('c'))).toBe(3);
    await RawClient.connect(port, 'a');
    await a.closed();
    b.end();
    await vi.waitFor(() => expect(broker.connections()).toBe(1), deadline);
    await RawClient.connect(port, 'c');
  });

  it('speaks MQTT 3.1 or 3.1.1', async () => {
    const { port } = await start();
    expect(await refused(port, connectFrame('a', { protocolVersion: 5 }))).toBe(1);
    const old = await RawClient.connect(port, 'a'.repeat(64), { protocolVersion: 3, protocolId: 'MQIsdp' });
    await ping(old);
  });

  it('says so within the time', async () => {
    const { port, problems } = await start({ limits: { connectTimeoutMs: 50 } });
    const silent = await RawClient.open(port);
    await silent.closed();
    expect(problems).toEqual([[undefined, 'connect did not arrive in time']]);
  });

  it('may subscribe to its own commands and rejections only', async () => {
    const { port, broker } = await start();
    const client = await RawClient.connect(port, 'a');
    client.send(
      subscribeFrame(1, 'devices/a/commands', 'devices/a/rejected', '#', 'devices/+/commands', 'devices/b/commands'),
    );
    expect((await client.next('suback')).granted).toEqual([1, 1, 128, 128, 128]);
    client.send(subscribeFrame(2, 'devices/a/reports', 'devices/a/status', '$SYS/#'));
    expect((await client.next('suback')).granted).toEqual([128, 128, 128]);
    broker.publish('devices/b/commands', 'for b');
    broker.publish('devices/a/commands', 'for a');
    const { topic, payload } = await client.next('publish');
    expect([topic, payload.toString()]).toEqual(['devices/a/commands', 'for a']);
  });

  it('starts anew each time: nothing is kept for one that was away', async () => {
    const { port, broker } = await start();
    const first = await RawClient.connect(port, 'a', { clean: false });
    first.send(subscribeFrame(1, 'devices/a/commands'));
    await first.next('suback');
    first.end();
    await vi.waitFor(() => expect(broker.connections()).toBe(0), deadline);
    broker.publish('devices/a/commands', 'missed');
    const again = await RawClient.open(port);
    again.send(connectFrame('a', { clean: false }));
    expect(await again.next('connack')).toMatchObject({ returnCode: 0, sessionPresent: false });
    await ping(again);
    expect(again.received.map(({ cmd }) => cmd)).toEqual(['connack', 'pingresp']);
  });
});

describe('the life of a connection', () => {
  const will = { topic: 'devices/a/status', payload: Buffer.from('offline'), qos: 1, retain: true } as const;

  it('hands over the will when it is lost, not when it ends well', async () => {
    const { port, broker, messages } = await start();
    const polite = await RawClient.connect(port, 'a', { will });
    polite.send(disconnectFrame);
    await polite.closed();
    await vi.waitFor(() => expect(broker.connections()).toBe(0), deadline);
    expect(messages).toEqual([]);
    (await RawClient.connect(port, 'a', { will })).end();
    await vi.waitFor(() => expect(messages).toHaveLength(1), deadline);
    expect(messages[0]).toMatchObject({ device: 'a', topic: will.topic, text: 'offline', retain: true });
  });

  it('hands over a will on a forbidden topic as the message that it is', async () => {
    const { port, messages } = await start();
    (await RawClient.connect(port, 'a', { will: { ...will, topic: 'devices/b/status' } })).end();
    await vi.waitFor(() => expect(messages).toHaveLength(1), deadline);
    expect(messages[0]).toMatchObject({ device: 'a', topic: 'devices/b/status' });
  });

  it('is taken over by a newer one of the same device', async () => {
    const { port, broker, messages, connections } = await start();
    const old = await RawClient.connect(port, 'a', { will });
    const young = await RawClient.connect(port, 'a');
    young.send(publishFrame('devices/a/status', 'online', 1));
    await young.next('puback');
    await old.closed();
    expect(messages.map(({ text }) => text)).toEqual(['offline', 'online']);
    expect(connections).toEqual(['a there', 'a gone', 'a there']);
    expect(broker.connections()).toBe(1);
  });

  it('ends when the device is cut off', async () => {
    const { port, broker } = await start();
    const [a, b] = [await RawClient.connect(port, 'a'), await RawClient.connect(port, 'b')];
    broker.disconnect('a');
    await a.closed();
    await ping(b);
    await vi.waitFor(() => expect(broker.connections()).toBe(1), deadline);
  });

  it('ends when the keepalive is missed', async () => {
    const { port, problems } = await start();
    const client = await RawClient.connect(port, 'a', { keepalive: 1 });
    await client.closed();
    expect(problems).toEqual([['a', 'nothing came for 1500 ms: keepalive missed']]);
  });

  it('does not end for a keepalive that was missed because acks were withheld', async () => {
    const { port, messages } = await start({ hold: true, limits: { inFlightMax: 1 } });
    const quiet = await RawClient.connect(port, 'quiet', { keepalive: 1 });
    const busy = await RawClient.connect(port, 'busy', { keepalive: 1 });
    busy.send(publishFrame('devices/busy/reports', 'x', 1), pingFrame);
    await vi.waitFor(() => expect(messages).toHaveLength(1), deadline);
    await quiet.closed();
    messages[0]?.done();
    await busy.next('puback');
    await busy.next('pingresp');
  });

  it('ends for one that breaks the protocol, and for nobody else', async () => {
    const { port, messages } = await start({ limits: { connectTimeoutMs: 100 } });
    const good = await RawClient.connect(port, 'good');
    const garbage = [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0xff]),
      Buffer.from([0x10, 0x02, 0x00, 0x04]),
      Buffer.from([0x00, 0x00]),
      publishFrame('devices/a/reports', 'x', 1),
      Buffer.concat([connectFrame('a'), Buffer.from([0x36, 0x02, 0x00, 0x01])]),
      Buffer.concat([connectFrame('a'), connectFrame('a')]),
      Buffer.concat([connectFrame('a'), publishFrame('devices/+/reports', 'x', 1)]),
      Buffer.concat([connectFrame('a'), publishFrame('nul\u0000', 'x', 1)]),
      Buffer.concat([connectFrame('a'), brokenTopic()]),
    ];
    for (const bytes of garbage) {
      const bad = await RawClient.open(port);
      bad.send(bytes);
      await bad.closed();
    }
    good.send(publishFrame('devices/good/reports', 'x', 1));
    await good.next('puback');
    expect(messages.map(({ device }) => device)).toEqual(['good']);
  });
});

/** 65,535 bytes that are no UTF-8: decoded, each becomes a character of three bytes. */
function brokenTopic(): Buffer {
  const frame = publishFrame('t'.repeat(65_535), 'x', 1);
  return frame.fill(0xff, frame.indexOf('t'), frame.lastIndexOf('t') + 1);
}

describe('starting and closing', () => {
  it('says which setting to change when the port is taken', async () => {
    const { port } = await start();
    await expect(startTestBroker({ port })).rejects.toMatchObject({
      code: 'port-in-use',
      hint: expect.stringContaining('AFTERCARE_MQTT'),
    });
  });

  it('lets acks under way go out, tells no wills, and takes nothing more', async () => {
    const { broker, port, messages } = await start({ hold: true, limits: { drainTimeoutMs: 10_000 } });
    const will = { topic: 'devices/a/status', payload: Buffer.from('offline'), qos: 0, retain: false } as const;
    const client = await RawClient.connect(port, 'a', { will });
    client.send(publishFrame('devices/a/reports', 'x', 9));
    await vi.waitFor(() => expect(messages).toHaveLength(1), deadline);
    const closed = broker.close();
    client.send(publishFrame('devices/a/reports', 'too late', 10));
    messages[0]?.done();
    expect((await client.next('puback')).messageId).toBe(9);
    await closed;
    await client.closed();
    expect(messages).toHaveLength(1);
    await expect(RawClient.open(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('does not wait for ever for an ack that never comes', async () => {
    const { broker, port, messages } = await start({ hold: true, limits: { drainTimeoutMs: 50 } });
    const client = await RawClient.connect(port, 'a');
    client.send(publishFrame('devices/a/reports', 'x', 9));
    await vi.waitFor(() => expect(messages).toHaveLength(1), deadline);
    await broker.close();
    await client.closed();
    expect(client.received.map(({ cmd }) => cmd)).toEqual(['connack']);
    messages[0]?.done();
  });
});
