import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';

/** Debian keeps servers where an ordinary user's PATH does not look. */
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The path of an installed program; undefined when it is absent, which is said aloud: tests that need it are skipped.
 * With REQUIRE_SERVERS=1 it is an error, so that a machine which should have it cannot skip in silence.
 */
export function requireProgram(name: string): string | undefined {
  const path = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (path !== undefined) return path;
  if (process.env.REQUIRE_SERVERS === '1') throw new Error(`${name} is not on PATH, and REQUIRE_SERVERS is 1`);
  console.warn(`[skip] ${name} is not on PATH`);
  return undefined;
}

/** A port of 127.0.0.1 that nothing listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. An exit code other than 0 is a result, not an error; no end within the time is one. */
export function runProgram(path: string, args: readonly string[], timeoutMs = 20_000): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    execFile(path, [...args], { timeout: timeoutMs }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}
