import type { Log } from '../../src/log/index.ts';
import type { Checkpoint, CheckpointWrite, DeviceWrite } from '../../src/pipeline/index.ts';
import { reportsOf, type TelemetryStore } from '../../src/store/index.ts';
import { rowOf } from './memory/checkpoint.ts';
import type { Plan } from './plan.ts';
import type { StandIns } from './service.ts';
import type { Life } from './world.ts';

/** A part that breaks one promise, and what must be said of it. */
export interface BrokenPromise {
  readonly what: string;
  readonly standIns: StandIns;
  readonly noticedAs: RegExp;
  readonly plan?: Partial<Plan>;
}

/** One of each kind of mistake that the simulation is there to find. */
export const brokenPromises: readonly BrokenPromise[] = [
  {
    what: 'a log that says that a record is durable before it is',
    standIns: { log: hastyLog },
    noticedAs: /acknowledged \d times, \d times in the log/,
  },
  {
    what: 'a checkpoint that is written before the store is',
    standIns: { store: (store, _, life) => lateStore(store, life) },
    noticedAs: /reports of d\d in the store|stored reports/,
  },
  {
    what: 'a store that takes a stretch of the log twice',
    standIns: {
      store: (store, held) => ({
        ...delegate(store),
        write: async (reports, next) => {
          held.reports = [...held.reports, ...reportsOf(reports)];
          held.cursor = next;
        },
      }),
    },
    noticedAs: /reports of d\d in the store|stored reports/,
  },
  {
    what: 'a store that forgets what was known of parents',
    standIns: {
      store: (store) => ({
        ...delegate(store),
        reports: async (query) => (await store.reports(query)).map(({ parent: _, ...report }) => report),
      }),
    },
    noticedAs: /engine state|findings/,
    plan: { withGateway: true, devices: 3 },
  },
  {
    what: 'a pump that does not look whether a report was there before',
    standIns: {
      store: (store) => ({
        ...delegate(store),
        reports: async (query) => (query.by === 'identity' ? [] : store.reports(query)),
      }),
    },
    noticedAs: /ledger of d\d\.duplicates|ledger of d\d\.acknowledged/,
  },
  {
    what: 'a server that takes what it does not keep',
    standIns: { server: (server, life) => lateStore(server, life) },
    noticedAs: /reports of d\d in the server/,
    plan: { withServer: true },
  },
  {
    what: 'finding events that have another id when they come again',
    standIns: {
      cases: (cases, life) => ({
        ...delegate(cases),
        apply: (changes) =>
          cases.apply(
            changes.map((change) => {
              if (change.kind !== 'finding') return change;
              const { finding, id } = change.event;
              const name = `${finding}@${lifeNumber(life)}`;
              return { ...change, event: { ...change.event, finding: name, id: `${name}${id.slice(finding.length)}` } };
            }),
          ),
      }),
    },
    noticedAs: /cases|findings/,
  },
  {
    what: 'a checkpoint that is not one transaction',
    standIns: {
      checkpoint: (checkpoint, held, life) =>
        changedCheckpoint(checkpoint, async (write) => {
          const devices: DeviceWrite[] = [];
          for (const row of write.devices) {
            const read = rowOf(row);
            held.devices.set(row.id, read);
            devices.push({ ...row, engine: read.engine === undefined ? undefined : [read.engine] });
          }
          await life.wait(5_000);
          return { ...write, devices };
        }),
    },
    noticedAs: /ledger of d\d|engine state|admission state/,
  },
  {
    what: 'a checkpoint that is ahead of what it was made of',
    standIns: {
      checkpoint: (checkpoint) =>
        changedCheckpoint(checkpoint, async (write) => {
          return { ...write, meta: { ...write.meta, next: write.meta.next + 1 } };
        }),
    },
    noticedAs: /ledger of d\d|stored reports|history/,
  },
  {
    what: "a restart that forgets the engine's memory",
    standIns: {
      checkpoint: (checkpoint) => ({
        ...delegate(checkpoint),
        devices: () => [...checkpoint.devices()].map((row) => ({ ...row, engine: undefined })),
      }),
    },
    noticedAs: /engine state|findings/,
  },
  {
    what: 'a pump that waits by a clock that people set',
    standIns: { timers: (timers, { clock }) => ({ ...timers, now: clock }) },
    noticedAs: /no rest/,
    plan: { clockSetEveryMs: 60_000 },
  },
  {
    what: 'a quarantine that is not kept',
    standIns: {
      checkpoint: (checkpoint) => changedCheckpoint(checkpoint, async (write) => ({ ...write, quarantine: [] })),
    },
    noticedAs: /quarantine/,
  },
];

function hastyLog(log: Log): Log {
  let next = log.bounds().next;
  return {
    ...delegate(log),
    append: async (payloads) => {
      const first = next;
      next += payloads.length;
      log.append(payloads).catch(() => undefined);
      return first;
    },
  };
}

/** Says that all is written, and writes it later, if the process lives. */
function lateStore(store: TelemetryStore, life: Life): TelemetryStore {
  return {
    ...delegate(store),
    write: async (reports, next) => {
      life.after(3_000, () => void store.write(reports, next).catch(() => undefined));
    },
  };
}

function changedCheckpoint(
  checkpoint: Checkpoint,
  change: (write: CheckpointWrite) => Promise<CheckpointWrite>,
): Checkpoint {
  return { ...delegate(checkpoint), save: async (write, durable) => checkpoint.save(await change(write), durable) };
}

/** The same methods, also of an instance of a class, so that some can be others. */
function delegate<Part extends object>(part: Part): Part {
  const names = new Set([...Object.keys(part), ...Object.getOwnPropertyNames(Object.getPrototypeOf(part))]);
  const methods = [...names].flatMap((name) => {
    const method: unknown = Reflect.get(part, name);
    return typeof method === 'function' && name !== 'constructor' ? [[name, method.bind(part)]] : [];
  });
  // Every part is methods only.
  return Object.fromEntries(methods) as Part;
}

const lives = new WeakMap<Life, number>();
let count = 0;

function lifeNumber(life: Life): number {
  const number = lives.get(life) ?? count++;
  lives.set(life, number);
  return number;
}
