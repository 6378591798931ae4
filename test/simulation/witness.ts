import type { Log, WrittenGroup } from '../../src/log/index.ts';
import { payloadOf } from '../../src/log/segment-format.ts';
import { encodeRecord, type LogRecord } from '../../src/telemetry/index.ts';
import type { Machine } from './service.ts';

/** Sees what was acknowledged and what became durable, and says when the one is not in the other. */
export class Witness {
  /** Every record that was ever durable, by offset; the log may have forgotten the oldest. */
  readonly history: Uint8Array[] = [];
  readonly problems: string[] = [];
  /** By the record's bytes: how often it was handed over, and how often that was acknowledged. */
  readonly #deliveries = new Map<string, { given: number; acknowledged: number }>();
  acknowledged = 0;

  delivered(record: LogRecord): () => void {
    const key = keyOf(encodeRecord(record));
    const known = this.#deliveries.get(key) ?? { given: 0, acknowledged: 0 };
    this.#deliveries.set(key, known);
    known.given += 1;
    return () => {
      known.acknowledged += 1;
      this.acknowledged += 1;
    };
  }

  /** A group was synced: from now on it must never be lost. */
  wrote({ group }: WrittenGroup): void {
    for (let index = 0; index < group.count; index++) this.#keep(group.first + index, payloadOf(group, index));
  }

  /** The log as a start found it: what was durable is there, unless it was allowed to go. */
  async opened(log: Log, machine: Machine): Promise<void> {
    const { first, next } = log.bounds();
    if (next < this.history.length) this.#say(`the log ends at ${next}, ${this.history.length} records were durable`);
    const { state } = machine.checkpoint;
    const checkpointed = state === undefined ? 0 : Number(JSON.parse(state).next);
    const allowed = Math.min(checkpointed, machine.telemetry.cursor, machine.registry.cursor);
    if (first > allowed) this.#say(`the log begins at ${first}, but only what is before ${allowed} could go`);
    for (let from = first; from < next; ) {
      const entries = await log.read(from, { recordsMax: 1_000, bytesMax: 1_000_000 });
      for (const { offset, payload } of entries) this.#keep(offset, payload);
      from = (entries.at(-1)?.offset ?? next) + 1;
    }
    this.checkAcknowledged();
  }

  /** What was acknowledged is in the log; what is in the log was sent. */
  checkAcknowledged(): void {
    const found = new Map<string, number>();
    for (const payload of this.history) {
      const key = keyOf(payload);
      found.set(key, (found.get(key) ?? 0) + 1);
    }
    for (const [key, { given, acknowledged }] of this.#deliveries) {
      const count = found.get(key) ?? 0;
      if (count < acknowledged)
        this.#say(`acknowledged ${acknowledged} times, ${count} times in the log: ${show(key)}`);
      if (count > given) this.#say(`sent ${given} times, ${count} times in the log: ${show(key)}`);
    }
    for (const [key, count] of found) {
      if (key.startsWith('\u0001') && !this.#deliveries.has(key))
        this.#say(`${count} times in the log, never sent: ${show(key)}`);
    }
  }

  #keep(offset: number, payload: Uint8Array): void {
    const known = this.history[offset];
    if (offset > this.history.length) this.#say(`the log has a hole before ${offset}`);
    if (known === undefined) this.history[offset] = Buffer.from(payload);
    else if (Buffer.compare(known, payload) !== 0) this.#say(`record ${offset} is another than it was`);
  }

  #say(problem: string): void {
    this.problems.push(problem);
  }
}

function keyOf(payload: Uint8Array): string {
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('latin1');
}

function show(key: string): string {
  return key.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 120);
}
