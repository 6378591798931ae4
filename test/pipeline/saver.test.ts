import { describe, expect, it } from 'vitest';
import { AftercareError, jsonText } from '../../src/base/index.ts';
import { Engine } from '../../src/engine/index.ts';
import { realTimers } from '../../src/intake/index.ts';
import {
  type Checkpoint,
  type CheckpointWrite,
  contentHash,
  type DeviceRow,
  type DeviceWrite,
  newProcessed,
  PipelineDevices,
  Processor,
} from '../../src/pipeline/index.ts';
import { Saver } from '../../src/pipeline/saver.ts';
import { Catalogue } from '../../src/product/index.ts';
import { deviceFacts, encodeRecord, type LogRecord } from '../../src/telemetry/index.ts';
import { fridge, minute, pack, start } from '../engine/fixture.ts';

/** A checkpoint that takes a row each time it is let, so that a test can do things in between. */
class SlowCheckpoint implements Pick<Checkpoint, 'save'> {
  readonly saved: DeviceRow[] = [];
  /** As they were lent. */
  readonly taken: DeviceWrite[] = [];
  failing = false;
  #rows: Iterator<DeviceWrite> | undefined;
  #end = Promise.withResolvers<void>();

  save(write: CheckpointWrite): Promise<void> {
    this.saved.length = 0;
    this.taken.length = 0;
    this.#rows = write.devices[Symbol.iterator]();
    this.#end = Promise.withResolvers();
    return this.#end.promise;
  }

  /** False when there are no more rows; the checkpoint is then done. */
  takeRow(): boolean {
    const next = this.#rows?.next();
    if (next && !next.done) {
      const { engine, ...row } = next.value;
      this.saved.push({ ...row, engine: engine && jsonText(engine) });
      this.taken.push(next.value);
      return true;
    }
    if (this.failing) this.#end.reject(new AftercareError('store-failed', 'the disk is full'));
    else this.#end.resolve();
    return false;
  }
}

class Bench {
  readonly checkpoint = new SlowCheckpoint();
  readonly devices = new PipelineDevices();
  readonly engine: Engine;
  readonly saver: Saver;
  out = newProcessed();
  readonly #processor: Processor;
  #offset = 0;

  constructor(source = fridge) {
    const catalogue = new Catalogue((_, source) => pack(source));
    catalogue.apply({ type: 'pack-published', at: 0, product: 'fridge', version: 1, file: '', source });
    const engine = new Engine(catalogue);
    this.engine = engine;
    const { devices } = this;
    for (const id of ['d0', 'd1', 'd2']) {
      catalogue.apply({ type: 'device-registered', at: 0, device: deviceFacts({ id, product: 'fridge' }) });
    }
    const slow = this.checkpoint;
    const rest = { meta: () => undefined, devices: () => [], bands: () => [], quarantineCount: () => 0 };
    const checkpoint = {
      save: (write: CheckpointWrite) => slow.save(write),
      ...rest,
      snapshotBefore: () => undefined,
      quarantine: () => [],
      close() {},
    };
    this.saver = new Saver({ checkpoint, catalogue, engine, devices, timers: realTimers, everyMs: 60_000 });
    const earlier = { stored: async () => [], logged: async () => undefined };
    this.#processor = new Processor({ catalogue, engine, devices, earlier, hash: contentHash, watch: this.saver });
  }

  record(record: LogRecord): Promise<void> | undefined {
    return this.#processor.process({ offset: this.#offset++, payload: encodeRecord(record) }, this.out);
  }

  report(device: string, seq: number | undefined, temp = 4): void {
    const payload = new TextEncoder().encode(
      JSON.stringify({
        at: start + this.#offset,
        ...(seq === undefined ? {} : { boot: 'b1', seq }),
        signals: { temp },
      }),
    );
    const topic = `devices/${device}/reports`;
    void this.record({ kind: 'message', receivedAt: start + this.#offset, device, topic, payload });
  }

  begin(): Promise<void> {
    const stretch = this.out;
    this.out = newProcessed();
    return this.saver.begin(stretch, { next: this.#offset, forwarded: undefined, ages: [] });
  }

  finish(): void {
    while (this.checkpoint.takeRow());
  }

  counts(): Record<string, number> {
    const rows = this.checkpoint.saved.toSorted((a, b) => a.number - b.number);
    return Object.fromEntries(rows.map(({ id, admission }) => [id, JSON.parse(admission).counts.received]));
  }
}

const numbersOf = (parts: DeviceWrite['engine']): Float64Array[] =>
  (parts ?? []).filter((part) => typeof part !== 'string');

describe('a checkpoint on its way', () => {
  it('holds every device as it was when it began, whatever comes meanwhile', async () => {
    const bench = new Bench();
    for (const device of ['d0', 'd1', 'd2']) bench.report(device, 0);
    const states = ['d0', 'd1', 'd2'].map((device) => bench.engine.snapshot(device));
    const saved = bench.begin();
    bench.checkpoint.takeRow();
    for (const device of ['d0', 'd1', 'd2']) for (const seq of [1, 2]) bench.report(device, seq);
    bench.finish();
    await saved;
    expect(bench.counts()).toEqual({ d0: 1, d1: 1, d2: 1 });
    const rows = bench.checkpoint.saved.toSorted((a, b) => a.number - b.number);
    expect(rows.map(({ engine }) => engine)).toEqual(states);
    const again = bench.begin();
    bench.finish();
    await again;
    expect(bench.counts()).toEqual({ d0: 3, d1: 3, d2: 3 });
  });

  it('gives the memory of a device back when the next is asked for, put aside or not', async () => {
    const bench = new Bench();
    for (const device of ['d0', 'd1', 'd2']) bench.report(device, 0);
    const saved = bench.begin();
    bench.checkpoint.takeRow();
    const bytesHeld = () =>
      bench.checkpoint.taken.map(({ engine }) => numbersOf(engine).map((part) => part.byteLength));
    expect(bytesHeld()).toEqual([[expect.toSatisfy((bytes: number) => bytes > 0)]]);
    bench.report('d2', 1);
    bench.finish();
    await saved;
    expect(bytesHeld()).toEqual([[0], [0], [0]]);
  });

  it('makes only that wait which may change every device', async () => {
    const asksForSilence = `${fridge}  - {id: quiet, when: silent(), for: 1h, failureMode: warm}\n`;
    for (const [source, record] of [
      [fridge, { kind: 'resumed', at: start + 1 }],
      [asksForSilence, { kind: 'tick', at: start + 1 }],
    ] as const) {
      const bench = new Bench(source);
      bench.report('d0', 0);
      const saved = bench.begin();
      expect(bench.saver.dueAt).toBeUndefined();
      let isDone = false;
      const done = bench.record(record)?.then(() => {
        isDone = true;
      });
      expect(done).toBeDefined();
      expect(bench.record({ kind: 'fact', fact: { type: 'device-retired', at: start, id: 'd2' } })).toBeUndefined();
      expect(isDone).toBe(false);
      bench.finish();
      await saved;
      await done;
      expect(bench.record(record)).toBeUndefined();
      expect(bench.saver.dueAt).toBeGreaterThan(realTimers.now());
    }
  });

  it('holds a device that a tick finds silent as it was', async () => {
    const bench = new Bench();
    for (const device of ['d0', 'd1']) bench.report(device, 0);
    const states = ['d0', 'd1'].map((device) => bench.engine.snapshot(device));
    const saved = bench.begin();
    bench.checkpoint.takeRow();
    expect(bench.record({ kind: 'tick', at: start + 60 * minute })).toBeUndefined();
    expect(bench.out.findings.map(({ device, source }) => [device, source])).toEqual([
      ['d0', 'silent'],
      ['d1', 'silent'],
    ]);
    bench.finish();
    await saved;
    const rows = bench.checkpoint.saved.toSorted((a, b) => a.number - b.number);
    expect(rows.map(({ engine }) => engine)).toEqual(states);
  });

  it('that fails leaves hashes to be saved by the next', async () => {
    const bench = new Bench();
    bench.report('d0', undefined);
    bench.checkpoint.failing = true;
    const failed = bench.begin();
    const resumed = bench.record({ kind: 'resumed', at: start + 1 });
    bench.finish();
    await expect(failed).rejects.toThrow('the disk is full');
    await resumed;
    expect(bench.saver.failures).toBe(1);
    bench.checkpoint.failing = false;
    bench.report('d0', undefined, 5);
    const saved = bench.begin();
    bench.finish();
    await saved;
    expect(bench.checkpoint.saved.map(({ hashes }) => hashes.map(({ from, bytes }) => [from, bytes.length]))).toEqual([
      [[0, 32]],
    ]);
    bench.report('d0', 7);
    const third = bench.begin();
    bench.finish();
    await third;
    expect(bench.checkpoint.saved.map(({ hashes }) => hashes)).toEqual([[]]);
    expect(bench.saver.failures).toBe(0);
  });

  it('is followed by the next after a pause, or sooner after so much work that a restart would take long', async () => {
    const bench = new Bench();
    bench.report('d0', 0);
    const saved = bench.begin();
    bench.finish();
    await saved;
    expect(bench.saver.dueAt).toBeGreaterThan(realTimers.now());
    bench.saver.noteWork(60_000);
    expect(bench.saver.dueAt).toBe(0);
  });
});
