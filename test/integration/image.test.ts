import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProgramResult, runProgram } from '../servers.ts';
import { until } from '../service-process.ts';

const root = resolve(import.meta.dirname, '..', '..');
const base = 'node:24-bookworm-slim';
const image = 'aftercare-under-test';
const buildTimeoutMs = 600_000;

const docker = (...args: string[]) => runProgram('docker', args, buildTimeoutMs);

async function succeeds(...args: string[]): Promise<boolean> {
  return docker(...args).then(
    ({ code }) => code === 0,
    () => false,
  );
}

/** An engine, and the image that ours is built on; else it is said aloud why there is nothing to build with. */
async function canBuild(): Promise<boolean> {
  if (!(await succeeds('info'))) {
    console.warn('[skip] no container engine answers');
    return false;
  }
  if ((await succeeds('image', 'inspect', base)) || (await succeeds('pull', base))) return true;
  console.warn(`[skip] ${base} cannot be pulled`);
  return false;
}

const able = await canBuild();

async function done(...args: string[]): Promise<string> {
  const { code, stdout, stderr }: ProgramResult = await docker(...args);
  if (code !== 0) throw new Error(`docker ${args[0]} ended with ${code}: ${stderr.slice(-2_000)}`);
  return stdout.trim();
}

describe.skipIf(!able)('the image', () => {
  let container = '';
  beforeAll(async () => {
    await done('build', '--tag', image, root);
    // As docker-compose.yml has it; no network, for nothing is asked from outside.
    const rights = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true'];
    container = await done('run', '--detach', '--network', 'none', ...rights, image);
  }, buildTimeoutMs);
  afterAll(async () => {
    if (container !== '') await done('rm', '--force', '--volumes', container);
    await done('image', 'rm', '--force', image);
  });

  const inside = (script: string) => done('exec', container, 'node', '-e', script);

  it('comes to health by itself, as a user without rights, with a console that it does not build', async () => {
    const health = () => done('inspect', '--format', '{{.State.Health.Status}}', container);
    await until(async () => (await health()) === 'healthy', 90_000, 'the container is healthy');
    expect(await inside('console.log(process.getuid())')).toBe('1000');
    const page = `fetch('http://127.0.0.1:8080/', { headers: { accept: 'text/html' } })`;
    expect(await inside(`${page}.then((answer) => answer.text()).then(console.log)`)).toMatch(
      /<script[^>]+type="module"/,
    );
    expect(await done('logs', container)).not.toContain('the console');
  });

  it('runs the other commands too', async () => {
    expect(await done('run', '--rm', '--network', 'none', image, 'check', 'products')).toContain('is sound');
  });

  it('stops in good order', async () => {
    await done('stop', container);
    expect(await done('inspect', '--format', '{{.State.ExitCode}}', container)).toBe('0');
    expect((await docker('logs', container)).stderr).toContain('"msg":"stopped"');
  });
});
