import type { LogFile, LogFiles } from '../../src/log/index.ts';

type Change =
  | { readonly kind: 'write'; readonly bytes: Buffer; readonly position: number }
  | { readonly kind: 'truncate'; readonly bytes: number };

interface Inode {
  /** What readers see. */
  content: Buffer;
  /** What the platter holds; `changes` are not there yet. */
  durable: Buffer;
  changes: Change[];
}

/** What an operation does. A death may overtake it: it is then done, done in part, or not at all. */
interface Effects<Result> {
  readonly whole: () => Result;
  readonly partly?: () => void;
  /** What a failure does; default: {@link partly}. */
  readonly failed?: () => void;
}

export type Operation = 'write' | 'sync' | 'read' | 'truncate' | 'open' | 'remove' | 'list' | 'sync-folder';

/**
 * A folder in memory with the manners of a real disk: what was not synced may be lost, kept, or torn when the power
 * goes, and the names of files as well. All chance comes from the seed.
 */
export class FakeFiles implements LogFiles {
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  readonly #random: () => number;
  /** Files opened before a crash belong to a dead process. */
  #life = 0;
  #operationsLeft = Number.POSITIVE_INFINITY;
  readonly #failures: Operation[] = [];
  readonly #underWay = new Set<Effects<unknown>>();
  /** Room of the disk; a write that does not fit fails after a part of it. */
  bytesMax = Number.POSITIVE_INFINITY;
  /** Whether a sync that failed may have lost what it was for, as on Linux: the next one then says that all is well. */
  forgetsFailedSyncs = false;
  /** Awaited before an operation takes effect. */
  pace: () => Promise<void> = () => Promise.resolve();
  /** Every operation that was asked for. */
  readonly operations: Operation[] = [];

  constructor(seed = 1) {
    this.#random = seededRandom(seed);
  }

  /** The power goes in the middle of the operation after this many; call {@link crash} to have it back. */
  dieAfter(operations: number): void {
    this.#operationsLeft = operations;
  }

  /** The next operation of this kind fails; a write may have written a part. */
  failNext(operation: Operation): void {
    this.#failures.push(operation);
  }

  /** Leaves room for no more than a few bytes. */
  fill(): void {
    this.bytesMax = this.#bytes() + 50;
  }

  /** Nothing fails any more, and there is room. */
  mend(): void {
    this.#failures.length = 0;
    this.bytesMax = Number.POSITIVE_INFINITY;
  }

  /** Power loss: what was not synced has any fate. */
  crash(): void {
    this.#overtake();
    for (const [name, inode] of this.#names) {
      if (this.#durableNames.get(name) !== inode && this.#chance()) this.#durableNames.set(name, inode);
    }
    for (const [name, inode] of this.#durableNames) {
      if (this.#names.get(name) !== inode && this.#chance()) this.#durableNames.delete(name);
    }
    this.#names = new Map(this.#durableNames);
    for (const inode of this.#names.values()) {
      inode.durable = this.#tear(inode);
      inode.content = Buffer.from(inode.durable);
      inode.changes = [];
    }
    this.kill();
  }

  /** The process dies, the system lives: all that was written is there, and still not synced. */
  kill(): void {
    this.#overtake();
    this.#life += 1;
    this.#operationsLeft = Number.POSITIVE_INFINITY;
    this.#failures.length = 0;
  }

  /** The present bytes of a file, to look at or to damage. */
  bytes(name: string): Buffer {
    return this.#inode(name).content;
  }

  /** Replaces a file as if it had always been like this. */
  put(name: string, bytes: Buffer): void {
    const inode = { content: Buffer.from(bytes), durable: Buffer.from(bytes), changes: [] };
    this.#names.set(name, inode);
    this.#durableNames.set(name, inode);
  }

  names(): string[] {
    return [...this.#names.keys()].sort();
  }

  async list(): Promise<{ name: string; bytes: number }[]> {
    return this.#operate('list', this.#life, {
      whole: () => [...this.#names].map(([name, inode]) => ({ name, bytes: inode.content.length })),
    });
  }

  async open(name: string, mode: 'create' | 'write' | 'read'): Promise<LogFile> {
    const life = this.#life;
    const whole = () => {
      if (mode === 'create') {
        if (this.#names.has(name)) throw new Error(`EEXIST: ${name}`);
        this.#names.set(name, { content: Buffer.alloc(0), durable: Buffer.alloc(0), changes: [] });
      }
      return this.#file(this.#inode(name), life);
    };
    return this.#operate('open', life, { whole });
  }

  async remove(name: string): Promise<void> {
    const whole = () => {
      if (!this.#names.delete(name)) throw new Error(`ENOENT: ${name}`);
    };
    await this.#operate('remove', this.#life, { whole });
  }

  async sync(): Promise<void> {
    const names = new Map(this.#names);
    const whole = () => {
      this.#durableNames = names;
    };
    await this.#operate('sync-folder', this.#life, { whole });
  }

  #file(inode: Inode, life: number): LogFile {
    const change = (made: Change) => {
      inode.changes.push(made);
      inode.content = apply(inode.content, made);
    };
    return {
      write: async (bytes, position) => {
        const copy = Buffer.from(bytes);
        const part = copy.subarray(0, Math.floor(this.#random() * (copy.length + 1)));
        const partly = () => change({ kind: 'write', bytes: part, position });
        const whole = () => {
          if (this.#bytes() + position + copy.length - inode.content.length > this.bytesMax) {
            partly();
            throw Object.assign(new Error('ENOSPC: write'), { code: 'ENOSPC' });
          }
          change({ kind: 'write', bytes: copy, position });
        };
        await this.#operate('write', life, { whole, partly });
      },
      sync: async () => {
        // What is written while it is under way waits for the next.
        const asked = [...inode.changes];
        const whole = () => {
          for (const made of asked) if (inode.changes.includes(made)) inode.durable = apply(inode.durable, made);
          inode.changes = inode.changes.filter((made) => !asked.includes(made));
        };
        const failed = () => {
          if (this.forgetsFailedSyncs && this.#chance()) inode.changes = [];
        };
        await this.#operate('sync', life, { whole, failed });
      },
      read: (into, position) => this.#operate('read', life, { whole: () => inode.content.copy(into, 0, position) }),
      truncate: (bytes) => this.#operate('truncate', life, { whole: () => change({ kind: 'truncate', bytes }) }),
      close: () => Promise.resolve(),
    };
  }

  #inode(name: string): Inode {
    const inode = this.#names.get(name);
    if (inode === undefined) throw new Error(`ENOENT: ${name}`);
    return inode;
  }

  #bytes(): number {
    return this.#names.values().reduce((sum, { content }) => sum + content.length, 0);
  }

  /** Fails when it must; `partly` is what a failing operation may have done. */
  async #operate<Result>(operation: Operation, life: number, effects: Effects<Result>): Promise<Result> {
    const { whole, partly, failed = partly } = effects;
    this.#underWay.add(effects);
    await this.pace();
    if (life !== this.#life) throw new Error('this process is dead');
    this.#underWay.delete(effects);
    this.operations.push(operation);
    this.#operationsLeft -= 1;
    if (this.#operationsLeft === -1) partly?.();
    if (this.#operationsLeft < 0) throw new Error('the power is gone');
    const failure = this.#failures.indexOf(operation);
    if (failure === -1) return whole();
    this.#failures.splice(failure, 1);
    failed?.();
    throw new Error(`EIO: ${operation}`);
  }

  /** Whoever asked is not there any more to hear how it went. */
  #overtake(): void {
    for (const { whole, partly } of this.#underWay) {
      const fate = this.#random();
      try {
        if (fate < 0.4) whole();
        else if (fate < 0.7) partly?.();
      } catch {
        // It failed, and nobody is told.
      }
    }
    this.#underWay.clear();
  }

  /** What is on the platter after a power loss: of each change all, nothing or a part, whatever became of the others. */
  #tear(inode: Inode): Buffer {
    let bytes = inode.durable;
    for (const change of inode.changes) {
      const fate = this.#random();
      if (fate < 0.3) continue;
      if (fate < 0.6 || change.kind === 'truncate') bytes = apply(bytes, change);
      else bytes = apply(bytes, { ...change, bytes: this.#part(change, bytes) });
    }
    return bytes;
  }

  /** A torn write: cut short, or of full length with what was there, or zeros, before or behind some place. */
  #part({ bytes, position }: Extract<Change, { kind: 'write' }>, under: Buffer): Buffer {
    const at = Math.floor(this.#random() * (bytes.length + 1));
    if (this.#chance()) return bytes.subarray(0, at);
    const torn = Buffer.alloc(bytes.length);
    under.copy(torn, 0, position);
    if (this.#chance()) bytes.copy(torn, 0, 0, at);
    else bytes.copy(torn, at, at);
    return torn;
  }

  #chance(): boolean {
    return this.#random() < 0.5;
  }
}

function apply(content: Buffer, change: Change): Buffer {
  const length =
    change.kind === 'truncate' ? change.bytes : Math.max(content.length, change.position + change.bytes.length);
  const bytes = Buffer.alloc(length);
  content.copy(bytes);
  if (change.kind === 'write') change.bytes.copy(bytes, change.position);
  return bytes;
}

/** Mulberry32: numbers from 0 to below 1, the same for the same seed. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
