import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTestBroker, type TestBroker } from '../broker/fixture.ts';
import { secretOf } from '../broker/raw-client.ts';
import { type ProgramResult, requireProgram, runProgram } from '../servers.ts';

const pub = requireProgram('mosquitto_pub');
const sub = requireProgram('mosquitto_sub');
const deadline = { timeout: 20_000, interval: 10 };

describe.skipIf(pub === undefined || sub === undefined)('Debian’s mosquitto clients', () => {
  let started: TestBroker;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    started = await startTestBroker({ limits: { drainTimeoutMs: 1_000 } });
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill();
    await started.broker.close();
  });

  const credentials = (device: string, secret = secretOf(device)): string[] => [
    ...['-h', '127.0.0.1', '-p', `${started.port}`, '-i', device, '-u', device, '-P', secret],
  ];
  const publish = (device: string, ...args: string[]): Promise<ProgramResult> =>
    runProgram(pub ?? '', [...credentials(device), ...args]);

  /** A client in its own process that goes on until the test ends. */
  function subscribe(device: string, topic: string, ...args: string[]): { child: ChildProcess; lines: () => string[] } {
    const child = spawn(sub ?? '', [...credentials(device), '-q', '1', '-t', topic, ...args]);
    children.push(child);
    let output = '';
    child.stdout.on('data', (bytes: Buffer) => {
      output += bytes.toString();
    });
    return { child, lines: () => output.split('\n') };
  }

  it.each([0, 1, 2] as const)('publish with QoS %d', async (qos) => {
    const result = await publish('a', '-q', `${qos}`, '-t', 'devices/a/reports', '-m', '{"at":1}');
    expect(result).toEqual({ code: 0, stdout: '', stderr: '' });
    await vi.waitFor(() => expect(started.messages).toHaveLength(1), deadline);
    expect(started.messages[0]).toMatchObject({ device: 'a', topic: 'devices/a/reports', qos, text: '{"at":1}' });
  });

  it('publish many messages over one connection', async () => {
    const lines = Array.from({ length: 3_000 }, (_, index) => `{"seq":${index}}`);
    const child = spawn(pub ?? '', [...credentials('a'), '-q', '1', '-t', 'devices/a/reports', '-l']);
    children.push(child);
    child.stdin.end(`${lines.join('\n')}\n`);
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    expect(started.messages.map(({ text }) => text)).toEqual(lines);
  });

  it('publish a retained status, and leave a will when they are killed', async () => {
    const will = ['--will-topic', 'devices/a/status', '--will-payload', 'offline', '--will-retain'];
    const { child } = subscribe('a', 'devices/a/commands', ...will);
    await vi.waitFor(() => expect(started.broker.connections()).toBe(1), deadline);
    child.kill('SIGKILL');
    await vi.waitFor(() => expect(started.messages).toHaveLength(1), deadline);
    expect(started.messages[0]).toMatchObject({ topic: 'devices/a/status', text: 'offline', retain: true });
    expect((await publish('a', '-q', '1', '-r', '-t', 'devices/a/status', '-m', 'online')).code).toBe(0);
    expect(started.messages[1]).toMatchObject({ topic: 'devices/a/status', text: 'online', retain: true });
  });

  it('are told when their credentials are wrong', async () => {
    const wrong = await runProgram(pub ?? '', [...credentials('a', 'wrong'), '-t', 'devices/a/reports', '-m', 'x']);
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toMatch(/not authorised|bad user name or password/i);
    expect(started.messages).toEqual([]);
  });

  it('receive what is published to their own topic, and nothing else', async () => {
    const own = subscribe('a', 'devices/a/rejected');
    await vi.waitFor(() => {
      started.broker.publish('devices/b/rejected', 'for b');
      started.broker.publish('devices/a/rejected', 'for a');
      expect(own.lines()).toContain('for a');
    }, deadline);
    expect(own.lines()).not.toContain('for b');
    const foreign = await runProgram(sub ?? '', [...credentials('b'), '-t', 'devices/a/rejected', '-t', '#']);
    expect(foreign.stderr + foreign.stdout).toMatch(/denied/i);
  });

  it('are cut off when they send a packet beyond the limit', async () => {
    const big = await publish('a', '-q', '1', '-t', 'devices/a/reports', '-m', 'x'.repeat(100_000));
    expect(big.code).toBe(0);
    const child = spawn(pub ?? '', [...credentials('a'), '-q', '1', '-t', 'devices/a/reports', '-s']);
    children.push(child);
    child.stdin.on('error', () => undefined);
    child.stdin.end('x'.repeat(1_000_000));
    await vi.waitFor(() => expect(started.oversize.length).toBeGreaterThan(0), deadline);
    expect(started.oversize[0]?.[1]).toBeGreaterThan(1_000_000);
    expect(started.messages).toHaveLength(1);
  });
});
