import type { MessageRecord } from '../telemetry/index.ts';
import type { RawReport } from './decode.ts';
import type { DeviceAdmission } from './state.ts';

/** Something kept because it could not be used, and told to its device. */
export interface QuarantineEntry {
  readonly device: string;
  readonly offset: number;
  readonly index: number;
  readonly receivedAt: number;
  readonly reason: string;
  readonly detail: string;
  readonly topic: string;
  /** The message's raw bytes, of a batch only the report in question; undefined where nothing of it is kept. */
  readonly payload: Uint8Array | undefined;
  readonly bytes: number;
}

/** Takes what is set aside: an array will do. */
export interface QuarantineSink {
  push(entry: QuarantineEntry): unknown;
}

/** Entries of one message; what is beyond is counted and told in one last entry. */
const entriesMax = 20;
const encoder = new TextEncoder();

/** What is set aside of one message, bounded: a batch of a hundred thousand bad items is one nuisance, not as many. */
export class SetAside {
  readonly #state: DeviceAdmission;
  readonly #message: MessageRecord;
  readonly #offset: number;
  readonly #quarantine: QuarantineSink;
  #kept = 0;
  #more = 0;
  #moreFrom = 0;

  constructor(state: DeviceAdmission, message: MessageRecord, offset: number, quarantine: QuarantineSink) {
    this.#state = state;
    this.#message = message;
    this.#offset = offset;
    this.#quarantine = quarantine;
  }

  /** The whole message. */
  keepMessage(reason: string, detail: string): void {
    this.#state.counts.setAside += 1;
    this.#entry({ index: 0, reason, detail, payload: this.#message.payload });
  }

  /** One report of a batch of `of`. */
  keepReport(item: { index: number; of: number; raw: RawReport | undefined; reason: string; detail: string }): void {
    this.#state.counts.setAside += 1;
    if (this.#kept >= entriesMax) {
      if (this.#more === 0) this.#moreFrom = item.index;
      this.#more += 1;
      return;
    }
    const { index, reason, detail } = item;
    const payload = item.of === 1 ? this.#message.payload : encoder.encode(JSON.stringify(item.raw ?? null));
    this.#kept += 1;
    this.#entry({ index, reason, detail, payload });
  }

  /** To be called when the message is done. */
  finish(): void {
    if (this.#more === 0) return;
    const detail = `and ${this.#more} more reports of this message, from item ${this.#moreFrom} on`;
    this.#entry({ index: this.#moreFrom, reason: 'more', detail, payload: undefined });
  }

  #entry(entry: Pick<QuarantineEntry, 'index' | 'reason' | 'detail' | 'payload'>): void {
    const { device, receivedAt, topic } = this.#message;
    this.#quarantine.push({
      device,
      offset: this.#offset,
      receivedAt,
      topic,
      bytes: entry.payload?.length ?? 0,
      ...entry,
    });
  }
}
