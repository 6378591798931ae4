import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createWorld } from './fixture.ts';

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

async function consoleFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'aftercare-console-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<title>Aftercare</title>');
  await writeFile(join(folder, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  await writeFile(join(folder, 'assets/index-4f2a.js'), 'export {};');
  return folder;
}

describe('the service’s own pages', () => {
  it('are open to all', async () => {
    const world = await createWorld();
    const app = await world.server();
    expect((await app.inject({ url: '/healthz' })).json()).toEqual({ ok: true });
    const metrics = await app.inject({ url: '/metrics' });
    expect(metrics.headers['content-type']).toContain('text/plain');
    expect(metrics.body).toBe('# HELP up it is\nup 1\n');
  });

  it('say whether all works, and what does not', async () => {
    const world = await createWorld();
    const app = await world.server();
    const ready = await app.inject({ url: '/readyz' });
    expect([ready.statusCode, ready.json()]).toEqual([200, { ok: true, checks: { mqtt: true, log: true } }]);
    world.ready = false;
    const not = await app.inject({ url: '/readyz' });
    expect([not.statusCode, not.json()]).toEqual([503, { ok: false, checks: { mqtt: true, log: false } }]);
  });

  it('carry headers that keep other origins out, and none that need TLS', async () => {
    const app = await (await createWorld()).server();
    const { headers } = await app.inject({ url: '/healthz' });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("style-src 'self' 'unsafe-inline';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('upgrade-insecure-requests');
    expect(headers['strict-transport-security']).toBeUndefined();
    expect(headers['x-content-type-options']).toBe('nosniff');
  });
});

describe('the console', () => {
  it('says that it is being built, and asks again', async () => {
    const app = await (await createWorld()).server({ consoleFolder: () => undefined });
    const answer = await app.inject({ url: '/triage', headers: html });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.body).toContain('http-equiv="refresh"');
    expect(answer.body).toContain('being built');
  });

  it('comes as soon as it is built', async () => {
    let folder: string | undefined;
    const app = await (await createWorld()).server({ consoleFolder: () => folder });
    expect((await app.inject({ url: '/', headers: html })).statusCode).toBe(503);
    folder = await consoleFolder();
    const page = await app.inject({ url: '/', headers: html });
    expect([page.statusCode, page.body]).toEqual([200, '<title>Aftercare</title>']);
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.headers['cache-control']).toBe('no-cache');
    expect(page.headers['content-security-policy']).toBeDefined();
  });

  it('draws its pages itself, so that each path of it is index.html', async () => {
    const folder = await consoleFolder();
    const app = await (await createWorld()).server({ consoleFolder: () => folder });
    for (const url of ['/triage', '/cases/d1~seal-leak', '/devices/a.b?x=1', '/setup', '/index.html']) {
      const page = await app.inject({ url, headers: html });
      expect([url, page.statusCode, page.body]).toEqual([url, 200, '<title>Aftercare</title>']);
    }
  });

  it('keeps hashed files for ever and others fresh', async () => {
    const folder = await consoleFolder();
    const app = await (await createWorld()).server({ consoleFolder: () => folder });
    const script = await app.inject({ url: '/assets/index-4f2a.js' });
    expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(script.headers['content-type']).toContain('javascript');
    const icon = await app.inject({ url: '/favicon.svg' });
    expect(icon.headers['cache-control']).toBe('no-cache');
    expect(icon.headers.etag).toBeDefined();
    const again = await app.inject({ url: '/favicon.svg', headers: { 'if-none-match': String(icon.headers.etag) } });
    expect(again.statusCode).toBe(304);
  });

  it('has no page for a missing asset, for other methods, or for machines', async () => {
    const folder = await consoleFolder();
    const app = await (await createWorld()).server({ consoleFolder: () => folder });
    expect((await app.inject({ url: '/assets/index-old.js' })).statusCode).toBe(404);
    expect((await app.inject({ method: 'POST', url: '/triage' })).statusCode).toBe(404);
    expect((await app.inject({ url: '/triage', headers: { accept: 'application/json' } })).statusCode).toBe(404);
    const api = await app.inject({ url: '/api/v1/nothing', headers: html });
    expect([api.statusCode, api.json().code]).toEqual([404, 'not-found']);
  });

  it('gives out nothing beside its folder', async () => {
    const folder = await consoleFolder();
    const app = await (await createWorld()).server({ consoleFolder: () => join(folder, 'assets') });
    for (const url of ['/../favicon.svg', '/%2e%2e/favicon.svg', '/..%2ffavicon.svg', '/x%00.svg']) {
      const answer = await app.inject({ url });
      expect([url, answer.statusCode]).toEqual([url, 404]);
    }
  });

  it('is not there when the service runs without one', async () => {
    const app = await (await createWorld()).server();
    expect((await app.inject({ url: '/', headers: html })).statusCode).toBe(404);
  });
});
