import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { type ApiDeps, type ApiLimits, buildServer, defaultApiLimits } from '../../src/api/index.ts';
import { createPackPublisher } from '../../src/app/pack-publisher.ts';
import { readPack } from '../../src/app/packs.ts';
import { type CaseStore, openEmbeddedCaseStore } from '../../src/cases/index.ts';
import type { FindingEvent } from '../../src/findings/index.ts';
import type { Log } from '../../src/log/index.ts';
import type { LiveEvent, PipelineView } from '../../src/pipeline/index.ts';
import { createDirectory, openEmbeddedRegistry, type Registry } from '../../src/registry/index.ts';
import { openEmbeddedStore, type TelemetryStore } from '../../src/store/index.ts';
import { fridge } from './fridge.ts';

export const adminToken = 'the-admin-token';
export const bearer = { authorization: `Bearer ${adminToken}` };

/** The drivers that the API stands on, the real embedded ones; only the pipeline's view is made up. */
export interface World {
  readonly registry: Registry;
  readonly cases: CaseStore;
  readonly store: TelemetryStore;
  readonly view: FakeView;
  readonly disconnected: string[];
  readonly diagnostics: string[];
  readonly deps: ApiDeps;
  now: number;
  ready: boolean;
  storeTrouble: string | undefined;
  /** Applies the finding that opens a case; resolves to the case's id. */
  openCase(changes?: Partial<FindingEvent>): Promise<string>;
  /** A server over the same data, as after a restart; closed when the test ends. */
  server(changes?: Partial<ApiDeps>): Promise<FastifyInstance>;
}

export type FakeView = PipelineView & {
  emit(event: LiveEvent): void;
  answers: Partial<PipelineView>;
};

export async function createWorld(limits: Partial<ApiLimits> = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'aftercare-api-'));
  const registry = await openEmbeddedRegistry({ folder });
  const cases = await openEmbeddedCaseStore({ folder });
  const store = await openEmbeddedStore({ folder });
  const view = fakeView();
  const disconnected: string[] = [];
  const diagnostics: string[] = [];
  const random = counting();
  const clock = () => world.now;
  const directory = createDirectory({
    log: memoryLog(),
    registry,
    clock,
    random,
    serverKey: new Uint8Array(32),
    knownProducts: () => ['fridge'],
  });
  const deps: ApiDeps = {
    directory,
    registry,
    cases,
    store,
    view,
    disconnect: (device) => disconnected.push(device),
    storeTrouble: () => world.storeTrouble,
    ready: () => ({ ok: world.ready, checks: { mqtt: true, log: world.ready } }),
    metrics: async () => '# HELP up it is\nup 1\n',
    publishPack: createPackPublisher({ directory, registry, onPublished: () => undefined }).import,
    readPack,
    ruleSentence: (_pack, rule) => `When ${rule.when}.`,
    clock,
    random,
    hashToken,
    adminTokenHash: hashToken(adminToken),
    limits: { ...defaultApiLimits, tokenCallsPerSecondMax: 10_000, ...limits },
    logger: pino({ level: 'info' }, { write: (line: string) => diagnostics.push(line) }),
  };
  const world: World = {
    ...{ registry, cases, store, view, disconnected, diagnostics, deps, ready: true, storeTrouble: undefined },
    now: Date.UTC(2026, 0, 31, 8),
    async openCase(changes = {}) {
      const [opened] = await cases.apply([{ kind: 'finding', event: raised(changes), now: clock() }]);
      return opened?.id ?? '';
    },
    async server(changes = {}) {
      const app = await buildServer({ ...deps, ...changes });
      onTestFinished(() => app.close());
      return app;
    },
  };
  await directory.publishPack({ product: 'fridge', version: 3, file: 'fridge.yaml', source: 'product: fridge' });
  onTestFinished(async () => {
    await Promise.all([registry.close(), cases.close(), store.close()]);
    await rm(folder, { recursive: true });
  });
  return world;
}

/** A level finding of device d1, 20 minutes after the world begins. */
export function raised(changes: Partial<FindingEvent> = {}): FindingEvent {
  const at = Date.UTC(2026, 0, 31, 8, 20);
  const device = changes.device ?? 'd1';
  const source = changes.source ?? 'level:cabinet_temp';
  const finding = `${device}~${source}~7.0`;
  return {
    id: `${finding}#0`,
    finding,
    state: 'raised',
    device,
    product: 'fridge',
    source,
    signal: 'cabinet_temp',
    failureMode: 'seal-leak',
    title: 'Door seal leaks',
    severity: 'major',
    safety: false,
    opensCase: true,
    startsAt: at - 600_000,
    openedAt: at,
    endsAt: undefined,
    at,
    receivedAt: at + 1_000,
    explanation: 'cabinet temp was 9.2 °C; expected 3.0 to 5.0 °C.',
    evidence: [
      { signal: 'cabinet_temp', at: at - 60_000, value: 8.9, low: 3, high: 5 },
      { signal: 'cabinet_temp', at, value: 9.2, low: 3, high: 5 },
    ],
    ...changes,
  };
}

/** Registers a device through the API; resolves to its secret. */
export async function register(app: FastifyInstance, id: string, facts: object = {}): Promise<string> {
  const payload = { id, product: 'fridge', ...facts };
  const answer = await app.inject({ method: 'POST', url: '/api/v1/devices', headers: bearer, payload });
  return answer.json().secret;
}

/** A call as a browser makes it: with the cookie and, for changes, the CSRF token. */
export class Person {
  readonly #app: FastifyInstance;
  cookie = '';
  csrfToken = '';

  constructor(app: FastifyInstance) {
    this.#app = app;
  }

  /** The same browser, another server. */
  at(app: FastifyInstance): Person {
    const person = new Person(app);
    person.cookie = this.cookie;
    person.csrfToken = this.csrfToken;
    return person;
  }

  async call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, payload?: object) {
    const headers: Record<string, string> = {};
    if (this.cookie !== '') headers.cookie = this.cookie;
    if (this.csrfToken !== '') headers['x-csrf-token'] = this.csrfToken;
    const options: InjectOptions = { method, url: `/api/v1${path}`, headers };
    const answer = await this.#app.inject(payload === undefined ? options : { ...options, payload });
    const set = answer.cookies.find(({ name }) => name === 'aftercare_session');
    if (set) this.cookie = set.value === '' ? '' : `aftercare_session=${set.value}`;
    const csrfToken = answer.headers['content-type']?.toString().includes('json') ? answer.json().csrfToken : undefined;
    if (typeof csrfToken === 'string') this.csrfToken = csrfToken;
    return answer;
  }

  signIn(name: string, password: string) {
    return this.call('POST', '/session', { name, password });
  }
}

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Different bytes each time, the same each run. */
function counting(): (bytes: number) => Uint8Array {
  let calls = 0;
  return (bytes) => createHash('shake256', { outputLength: bytes }).update(`${calls++}`).digest();
}

function memoryLog(): Log {
  const payloads: Uint8Array[] = [];
  return {
    append: async (added) => payloads.push(...added) - added.length,
    read: async (from) => payloads.slice(from).map((payload, i) => ({ offset: from + i, payload })),
    bounds: () => ({ first: 0, next: payloads.length, bytes: 0 }),
    whenReadable: async () => true,
    trim: async () => 0,
    close: async () => undefined,
  };
}

const noCounts = {
  received: 0,
  acknowledged: 0,
  duplicates: 0,
  quarantined: 0,
  stored: 0,
  evaluated: 0,
  late: 0,
  tooLate: 0,
  uncorrected: 0,
  conflicts: 0,
  readingsRejected: 0,
};

function fakeView(): FakeView {
  const listeners = new Set<(event: LiveEvent) => void>();
  const silent = { online: false, lastSeenAt: undefined, watermark: undefined, firmware: undefined } as const;
  const view: FakeView = {
    answers: {},
    emit: (event) => {
      for (const listener of listeners) listener(event);
    },
    ledger: (device) => view.answers.ledger?.(device) ?? { ...noCounts, gaps: [] },
    fleetLedger: () =>
      view.answers.fleetLedger?.() ?? { ...noCounts, gaps: [], devices: 0, behindSince: undefined, server: undefined },
    server: () => undefined,
    quarantineDropped: () => view.answers.quarantineDropped?.('') ?? 0,
    status: (device) => view.answers.status?.(device) ?? { life: 'registered', ...silent, clockSuspect: undefined },
    quarantine: (device, limit) => view.answers.quarantine?.(device, limit) ?? [],
    bands: (query) => view.answers.bands?.(query) ?? [],
    pack: (product) => (product === 'fridge' ? fridge : undefined),
    packs: () => view.answers.packs?.() ?? [fridge],
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return view;
}
