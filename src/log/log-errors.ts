import { join } from 'node:path';
import { AftercareError } from '../base/index.ts';

export function corrupt(file: { folder: string; name: string }, position: number, problem: string): AftercareError {
  return new AftercareError('log-corrupt', `${join(file.folder, file.name)} at byte ${position}: ${problem}`, {
    hint:
      'Stop the service and copy the folder away before anything else, then restore this file from a backup. ' +
      'What stands before that byte is sound.',
  });
}

export function writeFailed(folder: string, cause: unknown): AftercareError {
  return new AftercareError('log-write-failed', `The log in ${folder} could not be written: ${describe(cause)}`, {
    hint: 'Nothing is accepted any more. See that the disk has room and is sound, then restart the service.',
    cause,
  });
}

export function trimFailed(folder: string, cause: unknown): AftercareError {
  return new AftercareError(
    'log-write-failed',
    `An old segment in ${folder} could not be removed: ${describe(cause)}`,
    {
      hint: 'The log goes on, but its disk space is not freed. See that the service owns the folder and its files.',
      cause,
    },
  );
}

export function readFailed(folder: string, cause: unknown): AftercareError {
  return new AftercareError('log-read-failed', `The log in ${folder} could not be read: ${describe(cause)}`, {
    hint: 'See that the disk is sound and that the service may read the folder.',
    cause,
  });
}

export function folderUnusable(folder: string, cause: unknown): AftercareError {
  return new AftercareError('data-folder-unusable', `The log cannot be opened in ${folder}: ${describe(cause)}`, {
    hint: 'See that the folder can be made and written by the user that the service runs as, and that the disk has room.',
    cause,
  });
}

export function full(folder: string, bytesMax: number): AftercareError {
  return new AftercareError('log-full', `The log in ${folder} has reached its bound of ${bytesMax} bytes`, {
    hint: 'It goes on by itself when old segments are stored and evaluated. Else raise the bound.',
  });
}

export function diskFull(folder: string, cause: unknown): AftercareError {
  return new AftercareError('log-full', `The disk of the log in ${folder} is full: ${describe(cause)}`, {
    hint: 'Nothing acknowledged is lost, and it goes on by itself when there is room. Free some disk space.',
    cause,
  });
}

export function closed(folder: string): AftercareError {
  return new AftercareError('log-closed', `The log in ${folder} is closed`);
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
