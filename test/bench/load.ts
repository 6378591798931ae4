import { join } from 'node:path';
import { runProgram } from '../servers.ts';

export interface LoadOptions {
  readonly seconds: number;
  readonly connections: number;
  readonly window: number;
  /** Reports a second of all connections; undefined: as fast as they are acknowledged. */
  readonly rate?: number | undefined;
}

export interface LoadTarget {
  readonly url: string;
  /** File of the devices' credentials; undefined for a server that asks for none. */
  readonly devicesFile?: string | undefined;
}

/** What the load generator says of a run. */
export interface LoadResult {
  /** Epoch ms: the first report was sent, the last acknowledgement came. */
  readonly startedAt: number;
  readonly lastAckAt: number;
  readonly sent: number;
  readonly acked: number;
  readonly ratePerS: number;
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  readonly cpuUsPerReport: number;
  readonly problems: readonly string[];
}

const generator = join(import.meta.dirname, '../../simulators/load/main.ts');
const startAndEndMs = 60_000;

/** Runs the load generator, in a process of its own, to its end. Throws when a report was not acknowledged. */
export async function runLoad(target: LoadTarget, options: LoadOptions): Promise<LoadResult> {
  const { seconds, connections, window, rate } = options;
  const numbers = ['--seconds', `${seconds}`, '--connections', `${connections}`, '--window', `${window}`];
  const pace = rate === undefined ? [] : ['--rate', `${rate}`];
  const devices = target.devicesFile === undefined ? [] : ['--devices-file', target.devicesFile];
  const args = [generator, '--url', target.url, ...numbers, ...pace, ...devices, '--json'];
  const { code, stdout, stderr } = await runProgram(process.execPath, args, seconds * 1_000 + startAndEndMs);
  if (code !== 0) throw new Error(`the load generator ended with ${code}:\n${stdout}${stderr}`);
  return JSON.parse(stdout) as LoadResult;
}
