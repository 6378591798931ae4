import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../base/index.ts';
import { parseSegmentName } from './segment-format.ts';

const copyBytes = 1024 * 1024;

interface HeldSegment {
  readonly first: number;
  readonly name: string;
  readonly file: FileHandle;
}

/**
 * Segment files of a log that another process may be writing and trimming. They are held by open descriptors: a file
 * that is trimmed meanwhile stays readable until it is let go.
 */
export class HeldSegments {
  readonly #folder: string;
  #held: HeldSegment[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Holds the files with records from `from` on that are there now, beside those that are held already. */
  async hold(from: number): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => parseSegmentName(name) !== undefined).sort();
    for (const [index, name] of names.entries()) {
      const follower = names[index + 1];
      if (follower !== undefined && firstOf(follower) <= from) continue;
      if (this.#held.some((held) => held.name === name)) continue;
      const file = await openIfThere(join(this.#folder, name));
      if (file !== undefined) this.#held.push({ first: firstOf(name), name, file });
    }
    this.#held.sort((a, b) => a.first - b.first);
  }

  /**
   * Copies what is held, from the file with record `from` on, into a new folder, oldest first. What is being written
   * meanwhile may be cut short at the end, as by a crash. Each file is durable when the next is begun.
   */
  async copy(folder: string, from: number, onCopied: (name: string, bytes: number) => void): Promise<void> {
    await mkdir(folder, { mode: 0o700 });
    for (const [index, { name, file }] of this.#held.entries()) {
      const follower = this.#held[index + 1];
      if (follower !== undefined && follower.first <= from) continue;
      await copyFile(file, join(folder, name), (bytes) => onCopied(name, bytes));
    }
  }

  async close(): Promise<void> {
    for (const { file } of this.#held.splice(0)) await file.close();
  }
}

function firstOf(name: string): number {
  const first = parseSegmentName(name);
  assert(first !== undefined, 'only segments are held');
  return first;
}

/** Undefined when it was trimmed since it was listed. */
async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function copyFile(from: FileHandle, path: string, onCopied: (bytes: number) => void): Promise<void> {
  const to = await open(path, 'wx', 0o600);
  try {
    const buffer = Buffer.allocUnsafe(copyBytes);
    for (let position = 0; ; ) {
      const { bytesRead } = await from.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) break;
      await to.write(buffer, 0, bytesRead, position);
      position += bytesRead;
      onCopied(position);
    }
    await to.datasync();
  } finally {
    await to.close();
  }
}
