import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { defaultBrokerLimits } from '../../src/broker/index.ts';
import { type Intake, openIntake } from '../../src/intake/index.ts';
import { decodeRecord, encodeRecord } from '../../src/telemetry/index.ts';
import { readAll } from '../contract/log.ts';

const local = { host: '127.0.0.1', port: 0, limits: defaultBrokerLimits };
let folder = '';
const broken: Error[] = [];
const open: Intake[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aftercare-intake-'));
  broken.length = 0;
});
afterEach(async () => {
  for (const intake of open.splice(0)) await intake.close();
  rmSync(folder, { recursive: true, force: true });
  expect(broken).toEqual([]);
});

async function intakeOn(bytesMax = 1e9): Promise<Intake> {
  const intake = await openIntake({ folder, bytesMax, onCut: () => {}, onBroken: (error) => broken.push(error) });
  open.push(intake);
  return intake;
}

function client(port: number, device: string, password: string) {
  return connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: device, username: device, password, reconnectPeriod: 0 });
}

it('acknowledges what can be read from the log by then, in the order in which it was sent', async () => {
  const intake = await intakeOn();
  const { port } = await intake.listen({ ...local, authenticate: async (_, secret) => secret === 'right' });
  const device = await client(port, 'a-1', 'right');
  await Promise.all(
    Array.from({ length: 300 }, (_, seq) => device.publishAsync('devices/a-1/reports', `{"seq":${seq}}`, { qos: 1 })),
  );
  // The acknowledgement may be here before this thread has heard of what was written.
  await intake.log.whenReadable(299);
  const records = (await readAll(intake.log, 0)).map((entry) => decodeRecord(entry.payload));
  expect(records.map((record) => record.kind === 'message' && Buffer.from(record.payload).toString())).toEqual(
    Array.from({ length: 300 }, (_, seq) => `{"seq":${seq}}`),
  );
  expect(records[0]).toMatchObject({ device: 'a-1', topic: 'devices/a-1/reports' });
  await expect.poll(() => intake.connections()).toBe(1);
  await device.endAsync();
  await expect.poll(() => intake.connections()).toBe(0);
});

it('lets nobody in whom the other thread does not know, also when it cannot say', async () => {
  const intake = await intakeOn();
  const authenticate = async (device: string) => {
    if (device === 'broken') throw new Error('no registry');
    return false;
  };
  const { port } = await intake.listen({ ...local, authenticate });
  await expect(client(port, 'a-1', 'wrong')).rejects.toThrow('Bad username or password');
  await expect(client(port, 'broken', 'any')).rejects.toThrow('Server unavailable');
});

it('writes what this thread appends between what the devices send, and finds all of it again', async () => {
  const intake = await intakeOn();
  const records = Array.from({ length: 20 }, (_, at) => encodeRecord({ kind: 'tick', at }));
  expect(await intake.log.append(records.slice(0, 5))).toBe(0);
  expect(await intake.log.append(records.slice(5))).toBe(5);
  await open.splice(0)[0]?.close();
  const again = await intakeOn();
  expect(again.log.bounds().next).toBe(20);
  const read = (await readAll(again.log, 0)).map((entry) => decodeRecord(entry.payload));
  expect(read).toEqual(Array.from({ length: 20 }, (_, at) => ({ kind: 'tick', at })));
});

it('keeps back acknowledgements while the processing is far behind', async () => {
  const intake = await intakeOn();
  await intake.log.append(Array.from({ length: 25_000 }, () => Buffer.from('x')));
  const { port } = await intake.listen({ ...local, authenticate: async () => true });
  const device = await client(port, 'a-1', 'any');
  let acknowledged = false;
  const sent = device.publishAsync('devices/a-1/reports', '{}', { qos: 1 }).then(() => {
    acknowledged = true;
  });
  await intake.log.whenReadable(25_000);
  expect(acknowledged).toBe(false);
  intake.processed(25_001);
  await sent;
  await device.endAsync();
});

it('tells an error of the other thread with its code and hint', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const intake = await intakeOn();
  const refused = await intake.listen({ ...local, port, authenticate: async () => true }).catch((error) => error);
  expect(refused).toMatchObject({ code: 'port-in-use', hint: expect.stringContaining('AFTERCARE_MQTT') });
  taken.close();
});

it('does not open a damaged log', async () => {
  writeFileSync(join(folder, '0000000000000000.log'), 'this is no log, but it is longer than a header would be');
  const refused = await intakeOn().catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'log-corrupt' });
});
