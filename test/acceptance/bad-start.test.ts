import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, type ProgramResult, requireProgram, runProgram } from '../servers.ts';
import { projectRoot, runAftercare, type ServiceProcess, startService } from '../service-process.ts';
import { type Problem, register } from './fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'aftercare-start-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Starts a service that must refuse to start. */
async function refusedStart(env: Readonly<Record<string, string>>): Promise<ProgramResult> {
  const ports = { AFTERCARE_HTTP: `127.0.0.1:${await freePort()}`, AFTERCARE_MQTT: `127.0.0.1:${await freePort()}` };
  const result = await runAftercare(['serve'], { ...ports, AFTERCARE_DATA: join(folder, 'data'), ...env });
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).not.toMatch(/^\s+at /m);
  return result;
}

describe('settings', () => {
  it('that do not exist are refused, with what was meant', async () => {
    const { stderr } = await refusedStart({ AFTERCARE_HTPP: '127.0.0.1:1' });
    expect(stderr).toContain('AFTERCARE_HTPP is no setting, did you mean AFTERCARE_HTTP?');
  });

  it.each([
    ['INFLUX_BUCKET', 'telemetry', 'needs INFLUX_URL'],
    ['INFLUX_URL', 'influx', 'must be a URL'],
    ['AFTERCARE_HTTP', 'nowhere', 'must be host:port'],
  ])('%s that is not usable says what is wanted', async (name, value, sentence) => {
    const { stderr } = await refusedStart({ [name]: value });
    expect(stderr).toContain(`${name} ${sentence}`);
  });

  it.each([
    ['DATABASE_URL', 'postgres://localhost/aftercare', 'PostgreSQL is not built yet'],
    ['NATS_URL', 'nats://localhost', 'NATS is not built yet'],
    ['MQTT_URL', 'mqtt://localhost', 'an outside MQTT broker is not built yet'],
    ['AFTERCARE_TLS_CERT', './cert.pem', 'TLS is not built yet'],
  ])('%s is named in the contract and says that it is not built', async (name, value, sentence) => {
    const { stderr } = await refusedStart({ [name]: value });
    expect(stderr).toContain(`${name} cannot be used: ${sentence}`);
  });

  it('are all told at once, and secrets are not repeated', async () => {
    const { stderr } = await refusedStart({
      AFTERCARE_MQTT: '1883',
      AFTERCARE_LIMIT_LOG_AGE: 'a day',
      AFTERCARE_LIMIT_PACKET_BYTES: '-1',
      AFTERCARE_TOKEN: 'too short',
    });
    expect(stderr).toContain('AFTERCARE_MQTT must be host:port, such as 127.0.0.1:8080, not "1883"');
    expect(stderr).toContain('AFTERCARE_LIMIT_LOG_AGE must be a duration, such as 90s, 15m, 24h or 7d, not "a day"');
    expect(stderr).toContain('AFTERCARE_LIMIT_PACKET_BYTES must be a number of bytes');
    expect(stderr).toContain('AFTERCARE_TOKEN must be 16 to 256 printable characters without spaces');
    expect(stderr).not.toContain('too short');
  });
});

describe('addresses', () => {
  let other: Server;
  let taken: string;

  beforeAll(async () => {
    const port = await freePort();
    taken = `127.0.0.1:${port}`;
    other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(port, '127.0.0.1', resolve);
    });
  });

  afterAll(() => {
    other.close();
  });

  it.each([
    ['AFTERCARE_HTTP', 'HTTP'],
    ['AFTERCARE_MQTT', 'MQTT'],
  ])('that another process has are told: %s', async (name, protocol) => {
    const { stderr } = await refusedStart({ [name]: taken });
    expect(stderr).toContain(taken);
    expect(stderr).toContain(protocol);
    expect(stderr).toMatch(new RegExp(`is taken.*\\n→ .*${name}`, 's'));
  });
});

describe('the data folder', () => {
  it('must be one', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const { stderr } = await refusedStart({ AFTERCARE_DATA: join(file, 'data') });
    expect(stderr).toMatch(/data cannot be used: .*\n→ make the folder writable/);
  });

  it.skipIf(process.platform !== 'linux')('must be writable', async () => {
    // Nobody can make files there, not even root.
    const { stderr } = await refusedStart({ AFTERCARE_DATA: '/proc' });
    expect(stderr).toMatch(/^\/proc cannot be used: .*\n→ make the folder writable/);
  });

  it('belongs to one process; the first goes on', async () => {
    const service = await startService();
    try {
      const { stderr } = await refusedStart({ AFTERCARE_DATA: service.data });
      expect(stderr).toContain(`${service.data} is in use by another Aftercare process`);
      expect(stderr).toContain('AFTERCARE_DATA');
      await register(service, 'fridge-1');
    } finally {
      await service.stop();
    }
  });
});

describe('product packs', () => {
  let service: ServiceProcess;

  beforeAll(async () => {
    const products = mkdtempSync(join(folder, 'products-'));
    copyFileSync(join(projectRoot, 'products', 'cold-fridge.yaml'), join(products, 'cold-fridge.yaml'));
    writeFileSync(join(products, 'broken.yaml'), 'product: kettle\ntitle: Kettle\nsignals:\n  water: {kind: gouge}\n');
    service = await startService({ products });
  });

  afterAll(() => service.stop());

  it('that are broken are told with their place, and the others work', async () => {
    expect(service.output()).toMatch(/broken\.yaml:4:\d+: .*gouge/);
    await register(service, 'fridge-1');
    const kettle = await service.api<Problem>('POST', '/devices', { id: 'kettle-1', product: 'kettle' });
    expect(kettle).toMatchObject({ status: 422, body: { detail: expect.stringContaining('kettle') } });
    const { body } = await service.api<{ items: { id: string }[] }>('GET', '/products');
    expect(body.items.map(({ id }) => id)).toEqual(['cold-fridge']);
  });
});

describe('another Node', async () => {
  const other = '/usr/bin/node';
  const version =
    requireProgram('node') === undefined ? '' : (await runProgram(other, ['--version']).catch(none)).stdout;
  const wrong = version !== '' && !version.startsWith('v24.');
  if (!wrong) console.warn(`[skip] ${other} is not another Node: ${version || 'absent'}`);

  it.skipIf(!wrong)('says what to do', async () => {
    const { code, stderr } = await runAftercare(['serve'], {}, other);
    expect(code).toBe(2);
    expect(stderr).toContain('Aftercare runs on Node.js 24.12 or later');
    expect(stderr).toContain(version.trim());
    expect(stderr).toContain('npm ci');
  });
});

function none(): ProgramResult {
  return { code: 1, stdout: '', stderr: '' };
}
