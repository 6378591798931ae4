import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { copyFile, open, rm, truncate } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { backup as copyDatabase, DatabaseSync } from 'node:sqlite';
import { AftercareError } from '../base/index.ts';
import { HeldSegments, inspectLog } from '../log/index.ts';
import { text } from '../sqlite/index.ts';
import { type BackupManifest, manifestFile, sha256Of } from './backup-manifest.ts';
import { countsOf, databases, logFolder, neededFrom, secretFiles } from './data-files.ts';
import { readLayout } from './layout.ts';

/** So far `bytes` of a file are copied, of about `total`; undefined where nobody knows. */
export type OnProgress = (file: string, bytes: number, total?: number) => void;

export interface BackupOptions {
  /** A data folder; its service may be running and loaded: nothing in it is locked or changed. */
  readonly data: string;
  /** Made; must not be there or be empty. */
  readonly target: string;
  readonly onProgress: OnProgress;
}

/** All pages in one step: one moment of the database, which its writers go on from. */
const allPages = 2 ** 31 - 1;
const busyTimeoutMs = 5_000;
const progressEveryMs = 200;

/**
 * Copies a data folder: whoever starts a service on the copy has everything that was acknowledged when this began. In
 * {@link databases} is why this order is right. Of the log only what the databases do not hold yet is taken.
 * Errors: `backup-unusable`, `backup-failed`, `data-folder-unusable`; nothing is left behind then.
 */
export async function takeBackup({ data, target, onProgress }: BackupOptions): Promise<BackupManifest> {
  const startedAt = new Date().toISOString();
  refuseUnlessDataFolder(data);
  const layout = readLayout(data);
  makeEmpty(target);
  const segments = new HeldSegments(join(data, logFolder));
  try {
    const heldFrom = neededFrom(data);
    await segments.hold(heldFrom);
    const files: string[] = [];
    for (const { file, isOptional = false } of databases) {
      if (isOptional && !existsSync(join(data, file))) continue;
      await copyOne(file, { data, target, onProgress });
      files.push(file);
      await segments.hold(heldFrom);
    }
    const log = await copyLog(segments, target, onProgress);
    files.push(...readdirSync(join(target, logFolder)).map((name) => `${logFolder}/${name}`));
    for (const file of secretFiles) {
      if (!existsSync(join(data, file))) continue;
      await copyDurably(join(data, file), join(target, file));
      files.push(file);
    }
    const manifest: BackupManifest = {
      kind: 'aftercare-backup',
      layout,
      startedAt,
      finishedAt: new Date().toISOString(),
      counts: countsOf(target),
      log,
      files: await described(target, files),
    };
    writeFileSync(join(target, manifestFile), `${JSON.stringify(manifest, undefined, 2)}\n`, {
      mode: 0o600,
      flush: true,
    });
    syncFolder(target);
    return manifest;
  } catch (error) {
    await empty(target);
    throw failed(error);
  } finally {
    await segments.close();
  }
}

function refuseUnlessDataFolder(data: string): void {
  if (databases.every(({ file, isOptional }) => isOptional === true || existsSync(join(data, file)))) return;
  throw new AftercareError('data-folder-unusable', `${resolve(data)} is no data folder of a service.`, {
    hint: 'Name it with --data or AFTERCARE_DATA, as the service has it.',
  });
}

/** Makes a folder for its owner alone, or takes an empty one. */
export function makeEmpty(folder: string): void {
  let names: readonly string[];
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    names = readdirSync(folder);
  } catch (cause) {
    throw new AftercareError('backup-unusable', `${folder} cannot be made: ${messageOf(cause)}.`, { cause });
  }
  if (names.length === 0) return;
  throw new AftercareError('backup-unusable', `${folder} is not empty.`, {
    hint: 'Name a folder that is new or empty.',
  });
}

export async function empty(folder: string): Promise<void> {
  for (const name of readdirSync(folder)) await rm(join(folder, name), { recursive: true });
}

async function copyOne(file: string, { data, target, onProgress }: BackupOptions): Promise<void> {
  const path = join(target, file);
  closeSync(openSync(path, 'wx', 0o600));
  const source = new DatabaseSync(join(data, file), { readOnly: true, timeout: busyTimeoutMs });
  const total = statSync(join(data, file)).size;
  const ticking = setInterval(() => onProgress(file, statSync(path).size, total), progressEveryMs);
  try {
    await copyDatabase(source, path, { rate: allPages });
  } catch (error) {
    throw failed(error, join(data, file));
  } finally {
    clearInterval(ticking);
    source.close();
  }
  // One file without companions; a service turns the write-ahead log on again.
  const copy = new DatabaseSync(path);
  try {
    copy.exec('PRAGMA journal_mode = DELETE');
    const found = text(copy.prepare('PRAGMA quick_check(1)').get()?.quick_check);
    if (found !== 'ok') throw new AftercareError('backup-failed', `${join(data, file)} is damaged: ${found}.`);
  } catch (error) {
    throw failed(error, join(data, file));
  } finally {
    copy.close();
  }
}

async function copyLog(segments: HeldSegments, target: string, onProgress: OnProgress): Promise<BackupManifest['log']> {
  const folder = join(target, logFolder);
  await segments.copy(folder, neededFrom(target), onProgress);
  const log = await inspectLog(folder);
  let next = log.first;
  for await (const part of log.parts()) {
    if (part.kind === 'records') next = (part.entries.at(-1)?.offset ?? next) + 1;
    // An append under way: not acknowledged yet.
    else if (part.kind === 'torn') await truncate(join(folder, part.file), part.position);
    else {
      throw new AftercareError('backup-failed', `In the log, ${part.file} at byte ${part.position}: ${part.problem}.`, {
        hint: 'If the log was being trimmed at its disk bound, try again. Else `aftercare verify` tells what is damaged.',
      });
    }
  }
  return { first: log.first, next };
}

async function described(target: string, files: readonly string[]): Promise<BackupManifest['files']> {
  const list: BackupManifest['files'] = [];
  for (const path of files) {
    const file = join(target, path);
    list.push({ path, bytes: statSync(file).size, sha256: await sha256Of(file) });
  }
  return list;
}

/** Durable, and readable by its owner only. */
export async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const file = await open(to, 'r+');
  try {
    await file.chmod(0o600);
    await file.datasync();
  } finally {
    await file.close();
  }
}

export function syncFolder(folder: string): void {
  // Windows cannot open a folder for this; NTFS writes names through its journal.
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** What the disks and SQLite say, as a sentence; our own mistakes pass as they are. */
export function failed(error: unknown, what = 'It'): unknown {
  if (error instanceof AftercareError || !(error instanceof Error) || !('code' in error)) return error;
  return new AftercareError('backup-failed', `${what} could not be copied: ${error.message}.`, {
    hint: 'See that both disks have room and that this is the user that the service runs as.',
    cause: error,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
