import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isAftercareError } from '../../src/base/index.ts';
import { type Log, openLog } from '../../src/log/index.ts';
import { readAll } from '../contract/log.ts';
import { FakeFiles } from './fake-files.ts';

/*
 * Random appends, reads, trims, disk errors, deaths of the process and power losses, against a list in memory.
 * What was acknowledged is never lost; nothing is there that was not appended; there is no hole; an append is there
 * whole or not at all; and what was rejected by a living process never comes back.
 */

interface Model {
  /** Every record by its offset; those before `first` are forgotten. */
  records: string[];
  first: number;
  appended: number;
}

interface Real {
  readonly files: FakeFiles;
  log: Log;
}

type Death = 'crash' | 'kill';

const setup = { folder: '/fake', segmentBytesMax: 700, cacheBytesMax: 900, bytesMax: 6_000 };
const all = { recordsMax: 1_000, bytesMax: 1_000_000 };

/** A group is the sizes of its payloads. */
type Groups = readonly (readonly number[])[];

abstract class Step implements fc.AsyncCommand<Model, Real> {
  check(): boolean {
    return true;
  }

  abstract run(model: Model, real: Real): Promise<void>;

  toString(): string {
    return `${this.constructor.name} ${JSON.stringify(this)}`;
  }
}

class Append extends Step {
  readonly groups: Groups;

  constructor(groups: Groups) {
    super();
    this.groups = groups;
  }

  async run(model: Model, { log }: Real): Promise<void> {
    const readable = log.whenReadable(log.bounds().next);
    const outcomes = await appendAll(model, log, this.groups);
    let acknowledged = 0;
    for (const { group, outcome } of outcomes) {
      if (outcome.status === 'rejected') {
        expect(isAftercareError(outcome.reason, 'log-full')).toBe(true);
        continue;
      }
      expect(outcome.value).toBe(model.records.length);
      model.records.push(...group);
      acknowledged += 1;
    }
    expect(log.bounds().next).toBe(model.records.length);
    if (acknowledged > 0) expect(await readable).toBe(true);
  }
}

class Read extends Step {
  readonly share: number;
  readonly limits: { readonly recordsMax: number; readonly bytesMax: number };

  constructor(share: number, limits: Read['limits']) {
    super();
    this.share = share;
    this.limits = limits;
  }

  async run(model: Model, { log }: Real): Promise<void> {
    const from = Math.floor(this.share * (model.records.length + 2));
    const entries = await log.read(from, this.limits);
    const start = Math.max(from, model.first);
    expect(entries.map(({ offset }) => offset)).toEqual(entries.map((_, index) => start + index));
    for (const { offset, payload } of entries) expect(Buffer.from(payload).toString()).toBe(model.records[offset]);
    expect(entries.length).toBeLessThanOrEqual(this.limits.recordsMax);
    expect(entries.length > 0).toBe(start < model.records.length);
    const bytes = entries.reduce((sum, { payload }) => sum + payload.length, 0);
    expect(entries.length <= 1 || bytes <= this.limits.bytesMax).toBe(true);
  }
}

class Trim extends Step {
  readonly share: number;

  constructor(share: number) {
    super();
    this.share = share;
  }

  async run(model: Model, { log }: Real): Promise<void> {
    const before = Math.floor(this.share * (model.records.length + 1));
    const first = await log.trim(before);
    expect(first).toBeGreaterThanOrEqual(model.first);
    if (first > model.first) expect(first).toBeLessThanOrEqual(before);
    model.first = first;
    await expectSame(model, log);
  }
}

/** The disk refuses one operation; the rejected append must not be found again. */
class DiskError extends Step {
  readonly operation: 'write' | 'sync';
  readonly groups: Groups;

  constructor(operation: 'write' | 'sync', groups: Groups) {
    super();
    this.operation = operation;
    this.groups = groups;
  }

  async run(model: Model, real: Real): Promise<void> {
    real.files.failNext(this.operation);
    const outcomes = await appendAll(model, real.log, this.groups);
    const codes = outcomes.map(({ outcome }) => outcome.status === 'rejected' && outcome.reason.code);
    if (codes.every((code) => code === 'log-full')) return reopen(model, real, 'kill');
    expect(new Set(codes)).toContain('log-write-failed');
    await expectSame(model, real.log);
    await real.log.close();
    await reopen(model, real, 'crash');
  }
}

/** The power goes, or the process dies, somewhere in a few appends and a trim, and maybe again in the next start. */
class Die extends Step {
  readonly how: Death;
  readonly operations: number;
  readonly groups: Groups;
  readonly trims: number;
  readonly inStart: number;

  constructor(how: Death, when: { operations: number; inStart: number }, groups: Groups, trims: number) {
    super();
    this.how = how;
    this.operations = when.operations;
    this.inStart = when.inStart;
    this.groups = groups;
    this.trims = trims;
  }

  async run(model: Model, real: Real): Promise<void> {
    real.files.dieAfter(this.operations);
    const before = Math.floor(this.trims * model.records.length);
    const trimmed = real.log.trim(before).catch(() => undefined);
    const unsure: string[][] = [];
    for (const { group, outcome } of await appendAll(model, real.log, this.groups)) {
      if (outcome.status === 'fulfilled') model.records.push(...group);
      else if (!isAftercareError(outcome.reason, 'log-full')) unsure.push(group);
    }
    await trimmed;
    end(real, this.how);
    real.files.dieAfter(this.inStart);
    await openLog({ ...setup, files: real.files }).catch(() => undefined);
    end(real, this.how);
    real.log = await openLog({ ...setup, files: real.files });
    adopt(model, real.log, unsure);
    const { first } = real.log.bounds();
    expect(first).toBeGreaterThanOrEqual(model.first);
    expect(first).toBeLessThanOrEqual(Math.max(model.first, before));
    model.first = first;
    await expectSame(model, real.log);
  }
}

class Restart extends Step {
  readonly how: Death;

  constructor(how: Death) {
    super();
    this.how = how;
  }

  async run(model: Model, real: Real): Promise<void> {
    await reopen(model, real, this.how);
  }
}

/** An append that was cut off by a death may be there or not, but whole, and only if the one before it is. */
function adopt(model: Model, log: Log, unsure: readonly string[][]): void {
  for (const group of unsure) {
    if (log.bounds().next === model.records.length) return;
    model.records.push(...group);
  }
}

function end(real: Real, how: Death): void {
  if (how === 'crash') real.files.crash();
  else real.files.kill();
}

async function reopen(model: Model, real: Real, how: Death): Promise<void> {
  end(real, how);
  real.log = await openLog({ ...setup, files: real.files });
  await expectSame(model, real.log);
}

async function expectSame(model: Model, log: Log): Promise<void> {
  expect(log.bounds()).toMatchObject({ first: model.first, next: model.records.length });
  const entries = await readAll(log, 0);
  expect(entries.map(({ offset, payload }) => `${offset} ${Buffer.from(payload)}`)).toEqual(
    model.records.slice(model.first).map((text, index) => `${model.first + index} ${text}`),
  );
}

async function appendAll(model: Model, log: Log, groups: Groups) {
  const made = groups.map((sizes) =>
    sizes.map((size) => {
      model.appended += 1;
      return `record ${model.appended} GRP\n`.padEnd(size, 'GRP\n');
    }),
  );
  const outcomes = await Promise.allSettled(made.map((group) => log.append(group.map((text) => Buffer.from(text)))));
  return outcomes.map((outcome, index) => ({ outcome, group: made[index] ?? [] }));
}

const groups = fc.array(fc.array(fc.nat({ max: 200 }), { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 });
const share = fc.nat({ max: 100 }).map((percent) => percent / 100);
const death = fc.constantFrom<Death>('crash', 'kill');
const when = fc.record({ operations: fc.nat({ max: 16 }), inStart: fc.nat({ max: 12 }) });

const steps = [
  groups.map((made) => new Append(made)),
  fc
    .tuple(
      share,
      fc.record({ recordsMax: fc.integer({ min: 1, max: 20 }), bytesMax: fc.integer({ min: 1, max: 900 }) }),
    )
    .map(([at, limits]) => new Read(at, limits)),
  share.map((at) => new Trim(at)),
  fc
    .tuple(fc.constantFrom('write' as const, 'sync' as const), groups)
    .map(([operation, made]) => new DiskError(operation, made)),
  fc.tuple(death, when, groups, share).map(([how, at, made, trims]) => new Die(how, at, made, trims)),
  death.map((how) => new Restart(how)),
];

it('behaves like a list in memory, whatever the disk and the power do', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.commands(steps, { maxCommands: 40, size: '+1' }), async (seed, commands) => {
      const files = new FakeFiles(seed);
      const log = await openLog({ ...setup, files });
      const model: Model = { records: [], first: 0, appended: 0 };
      const real = { files, log };
      await fc.asyncModelRun(() => ({ model, real }), commands);
      await reopen(model, real, 'crash');
      expect(await real.log.read(model.records.length, all)).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
