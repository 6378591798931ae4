import { readdirSync, readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** What a figure was measured on, in one line. */
export function machineLine(): string {
  const all = cpus();
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return `${all.length} × ${all[0]?.model ?? 'unknown CPU'}, ${memoryGiB} GiB, Linux ${release()}, Node ${process.version}`;
}

/** Processes that ran or wanted to, on average over the last minute: more than the cores means that figures are too low. */
export function loadAverage(): number {
  return loadavg()[0] ?? 0;
}

/** The kernel counts CPU time in hundredths of a second on every Linux that Node runs on. */
const tickS = 0.01;

/** User and system time of a process so far, and the memory that it has now. */
export function processUse(pid: number): { cpuS: number; rssBytes: number } {
  const rss = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { cpuS: cpuOf(`/proc/${pid}`), rssBytes: Number(rss) * 1024 };
}

/**
 * The same by kind of thread: of ours `main`, `intake`, `store`, `cases` and `checkpoint`; `disk` is libuv's pool, `helpers` V8's
 * (compiler, collector).
 */
export type ThreadUse = Readonly<
  Record<'main' | 'intake' | 'store' | 'cases' | 'checkpoint' | 'disk' | 'helpers' | 'other', number>
>;

const kinds: readonly (readonly [keyof ThreadUse, RegExp])[] = [
  ['main', /^(MainThread|node)$/],
  ['intake', /^intake$/],
  ['store', /^store$/],
  ['cases', /^cases$/],
  ['checkpoint', /^checkpoint$/],
  ['disk', /^(libuv|iou)/],
  ['helpers', /^(V8Worker|DelayedTask)/],
];

export function threadUse(pid: number): ThreadUse {
  const use = { main: 0, intake: 0, store: 0, cases: 0, checkpoint: 0, disk: 0, helpers: 0, other: 0 };
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${task}`;
    const name = readFileSync(`${folder}/comm`, 'utf8').trim();
    use[kinds.find(([, pattern]) => pattern.test(name))?.[0] ?? 'other'] += cpuOf(folder);
  }
  return use;
}

function cpuOf(folder: string): number {
  const stat = readFileSync(`${folder}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickS;
}
