import { statfsSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { AftercareError, secondMs } from '../base/index.ts';
import { integer } from '../sqlite/index.ts';

export interface StoreSpace {
  /** What the store's file holds; pages given back and not used again are not counted. */
  readonly bytes: number;
  /** The bound that was set for it. */
  readonly bytesMax: number | undefined;
  /** Room on the disk, with the file's own pages that are free. */
  readonly freeBytes: number;
  /** With less, nothing is written any more. */
  readonly freeBytesMin: number;
  /** What is wrong, or soon will be; undefined when all is well. */
  readonly trouble: string | undefined;
  /** Whether writes are refused. */
  readonly full: boolean;
}

/** From this share of the bound on, and below twice the room that must stay, there is an alarm. */
const alarmShare = 0.8;
const alarmFactor = 2;
/** The room that must stay on the disk: for the log of changes of one write and the files beside this one. */
const freeBytesMost = 256 * 2 ** 20;
const freeShare = 0.05;
/** The disk is looked at this often. */
const lookEveryMs = secondMs;

/** How much room the store has. */
export class Disk {
  readonly #folder: string;
  readonly #bytesMax: number | undefined;
  readonly #pageSize: number;
  readonly #pages: StatementSync;
  readonly #freePages: StatementSync;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #disk = { freeBytes: 0, bytes: 0 };

  constructor(db: DatabaseSync, folder: string, bytesMax: number | undefined) {
    this.#folder = folder;
    this.#bytesMax = bytesMax;
    this.#pageSize = integer(db.prepare('PRAGMA page_size').get()?.page_size);
    this.#pages = db.prepare('PRAGMA page_count');
    this.#freePages = db.prepare('PRAGMA freelist_count');
  }

  space(): StoreSpace {
    const freePages = integer(this.#freePages.get()?.freelist_count);
    const bytes = (integer(this.#pages.get()?.page_count) - freePages) * this.#pageSize;
    const disk = this.#look();
    const freeBytes = disk.freeBytes + freePages * this.#pageSize;
    const freeBytesMin = Math.min(freeBytesMost, disk.bytes * freeShare);
    const bytesMax = this.#bytesMax;
    const isAtBound = bytesMax !== undefined && bytes >= bytesMax;
    const isNear = bytesMax !== undefined && bytes >= alarmShare * bytesMax;
    const full = isAtBound || freeBytes < freeBytesMin;
    let trouble: string | undefined;
    if (isNear) trouble = `it holds ${mega(bytes)} of at most ${mega(bytesMax)}`;
    if (freeBytes < alarmFactor * freeBytesMin) {
      trouble = `its disk has ${mega(freeBytes)} left, and ${mega(freeBytesMin)} must stay free`;
    }
    if (isAtBound) trouble = `it has reached its bound of ${mega(bytesMax)}`;
    return { bytes, bytesMax, freeBytes, freeBytesMin, trouble, full };
  }

  /** Throws `store-failed` when there is no room. Nothing is lost by it: the log keeps what is not stored. */
  assertRoom(): void {
    const { full, trouble } = this.space();
    if (!full) return;
    throw new AftercareError('store-failed', `the telemetry store takes nothing more: ${trouble}`, {
      hint: [
        'Raise AFTERCARE_LIMIT_STORE_BYTES, let old reports go with AFTERCARE_LIMIT_STORE_AGE, or free some disk space.',
        'Nothing is lost: the log keeps it, and when that is full too, devices get no acknowledgement.',
      ].join(' '),
    });
  }

  #look(): { readonly freeBytes: number; readonly bytes: number } {
    const now = performance.now();
    if (now - this.#lookedAt < lookEveryMs) return this.#disk;
    this.#lookedAt = now;
    const { bavail, bsize, blocks } = statfsSync(this.#folder);
    this.#disk = { freeBytes: bavail * bsize, bytes: blocks * bsize };
    return this.#disk;
  }
}

function mega(bytes: number): string {
  return `${Math.round(bytes / 1e6).toLocaleString('en-US')} MB`;
}
