import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { bearer, createWorld, register } from './fixture.ts';

interface Frame {
  readonly event: string | undefined;
  readonly data: unknown;
}

/** Reads a stream until frames of these events have come, or it ends. */
class Stream {
  readonly frames: Frame[] = [];
  comments = '';
  ended = false;
  #wake: () => void = () => undefined;

  static async open(url: string, query = ''): Promise<Stream> {
    const abort = new AbortController();
    onTestFinished(() => abort.abort());
    const answer = await fetch(`${url}/api/v1/live${query}`, { headers: bearer, signal: abort.signal });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    const stream = new Stream();
    void stream.#read(answer).catch(() => stream.#end());
    return stream;
  }

  async #read(answer: Response): Promise<void> {
    let rest = '';
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const parts = (rest + chunk).split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts) this.#take(part);
      this.#wake();
    }
    this.#end();
  }

  #take(part: string): void {
    if (part.startsWith(':')) {
      this.comments += part;
      return;
    }
    const data = /^data: (.*)$/m.exec(part)?.[1];
    this.frames.push({
      event: /^event: (.*)$/m.exec(part)?.[1],
      data: data === undefined ? undefined : JSON.parse(data),
    });
  }

  #end(): void {
    this.ended = true;
    this.#wake();
  }

  async until(condition: () => boolean): Promise<void> {
    const deadline = AbortSignal.timeout(10_000);
    while (!condition()) {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        deadline.addEventListener('abort', () => reject(new Error('nothing came in time')), { once: true });
      });
    }
  }
}

async function listen(app: FastifyInstance): Promise<string> {
  return app.listen({ host: '127.0.0.1', port: 0 });
}

describe('the live feed', () => {
  it('greets, then tells what the pipeline and what people change', async () => {
    const world = await createWorld();
    const app = await world.server();
    const url = await listen(app);
    await register(app, 'd1');
    const id = await world.openCase();
    const stream = await Stream.open(url);
    await stream.until(() => stream.frames.length === 1);
    expect(stream.frames[0]).toEqual({ event: 'hello', data: { at: '2026-01-31T08:00:00.000Z' } });

    const [opened] = (await world.cases.list({ id, limit: 1 })).items;
    expect(opened).toBeDefined();
    if (opened) world.view.emit({ type: 'case', case: opened });
    world.view.emit({ type: 'device', device: 'd1' });
    const headers = { ...bearer, 'content-type': 'application/json' };
    const body = JSON.stringify({ version: opened?.version });
    await fetch(`${url}/api/v1/cases/${encodeURIComponent(id)}/acknowledge`, { method: 'POST', headers, body });
    await stream.until(() => stream.frames.length === 4);
    const listed = (await app.inject({ url: '/api/v1/cases', headers: bearer })).json().items[0];
    expect(stream.frames.slice(1)).toEqual([
      { event: 'case', data: expect.objectContaining({ id, state: 'new', openedAt: '2026-01-31T08:20:00.000Z' }) },
      { event: 'fleet', data: {} },
      { event: 'case', data: listed },
    ]);
    expect(listed.state).toBe('acknowledged');
  });

  it('tells whoever follows a device of that one alone, and of every case', async () => {
    const world = await createWorld({ liveFleetMs: 1 });
    const url = await listen(await world.server());
    const id = await world.openCase({ device: 'd2' });
    const [opened] = (await world.cases.list({ id, limit: 1 })).items;
    const stream = await Stream.open(url, '?device=d1');
    await stream.until(() => stream.frames.length === 1);
    world.view.emit({ type: 'device', device: 'd2' });
    world.view.emit({ type: 'device', device: 'd1' });
    if (opened) world.view.emit({ type: 'case', case: opened });
    await stream.until(() => stream.frames.length === 3);
    expect(stream.frames.slice(1)).toEqual([
      { event: 'device', data: { id: 'd1' } },
      { event: 'case', data: expect.objectContaining({ device: 'd2' }) },
    ]);
    expect((await fetch(`${url}/api/v1/live?divice=d1`, { headers: bearer })).status).toBe(422);
  });

  it('tells of a busy fleet once, and once more for all that followed', async () => {
    const world = await createWorld({ liveFleetMs: 100 });
    const stream = await Stream.open(await listen(await world.server()));
    await stream.until(() => stream.frames.length === 1);
    const id = await world.openCase();
    const [opened] = (await world.cases.list({ id, limit: 1 })).items;
    for (let i = 0; i < 5_000; i++) world.view.emit({ type: 'device', device: `d${i}` });
    if (opened) world.view.emit({ type: 'case', case: opened });
    await stream.until(() => stream.frames.length === 4);
    expect(stream.frames.map(({ event }) => event)).toEqual(['hello', 'fleet', 'case', 'fleet']);
  });

  it('beats while nothing happens', async () => {
    const app = await (await createWorld({ liveHeartbeatMs: 20 })).server();
    const stream = await Stream.open(await listen(app));
    await stream.until(() => stream.comments !== '');
    expect(stream.comments).toContain('heartbeat');
  });

  it('ends when the server closes, which does not wait for readers', async () => {
    const app = await (await createWorld()).server();
    const stream = await Stream.open(await listen(app));
    await stream.until(() => stream.frames.length === 1);
    await app.close();
    await stream.until(() => stream.ended);
    expect(stream.comments).toContain('the service stops');
  });

  it('ends after its time, so that rights are shown again', async () => {
    const app = await (await createWorld({ liveStreamMsMax: 30 })).server();
    const stream = await Stream.open(await listen(app));
    await stream.until(() => stream.ended);
    expect(stream.comments).toContain('come back');
  });

  it('takes a bounded number of readers, and another when one has left', async () => {
    const app = await (await createWorld({ liveClientsMax: 1 })).server();
    const url = await listen(app);
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(`GET /api/v1/live HTTP/1.1\r\nhost: x\r\nauthorization: ${bearer.authorization}\r\n\r\n`);
    await once(socket, 'data');
    const refused = await fetch(`${url}/api/v1/live`, { headers: bearer });
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ code: 'too-many-requests' });
    socket.destroy();
    await vi.waitFor(async () => {
      const abort = new AbortController();
      const { status } = await fetch(`${url}/api/v1/live`, { headers: bearer, signal: abort.signal });
      abort.abort();
      expect(status).toBe(200);
    });
  });

  it('drops a reader that does not read, and goes on for the others', async () => {
    const world = await createWorld({ liveBufferBytesMax: 64 * 1024 });
    const app = await world.server();
    const url = await listen(app);
    const device = 'd'.repeat(64);
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(
      `GET /api/v1/live?device=${device} HTTP/1.1\r\nhost: x\r\nauthorization: ${bearer.authorization}\r\n\r\n`,
    );
    await once(socket, 'data');
    socket.pause();
    const stream = await Stream.open(url, `?device=${device}`);
    const closed = once(socket, 'close');
    const connections = () =>
      new Promise<number>((resolve) => app.server.getConnections((_error, count) => resolve(count)));
    const before = await connections();
    for (let i = 0; (await connections()) === before && i < 100_000; i++) {
      for (let k = 0; k < 200; k++) world.view.emit({ type: 'device', device });
      const expected = 1 + (i + 1) * 200;
      await stream.until(() => stream.frames.length === expected);
    }
    expect(await connections()).toBe(before - 1);
    expect(stream.ended).toBe(false);
    socket.on('error', () => undefined).resume();
    await closed;
  });
});
