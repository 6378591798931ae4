import { readFileSync } from 'node:fs';
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
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const rss = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { cpuS: (Number(fields[11]) + Number(fields[12])) * tickS, rssBytes: Number(rss) * 1024 };
}
