import type { BareRun } from './bare-broker.ts';
import type { ServiceRun } from './service.ts';

/** One load on one server. */
export type Figure = { readonly load: string /** Just before. */; readonly loadAverage: number } & (
  | { readonly server: 'mosquitto' | 'aedes' | 'afternoon script'; readonly run: BareRun }
  | { readonly server: 'aftercare'; readonly run: ServiceRun }
);

const columns: readonly { readonly title: string; readonly cell: (figure: Figure) => string }[] = [
  { title: 'load', cell: ({ load }) => load },
  { title: 'server', cell: ({ server }) => server },
  { title: 'acked/s', cell: ({ run }) => whole(run.load.ratePerS) },
  { title: 'evaluated/s', cell: service((run) => whole(run.evaluatedPerS)) },
  { title: 'ack p50 / p99 ms', cell: ({ run }) => `${run.load.ackP50Ms} / ${run.load.ackP99Ms}` },
  { title: 'CPU µs a report', cell: ({ run }) => run.cpuUsPerReport.toFixed(1) },
  {
    title: 'of it main / intake / store / cases / checkpoint / disk / V8 helpers',
    cell: service(({ threadsUs: { main, intake, store, cases, checkpoint, disk, helpers } }) =>
      [main, intake, store, cases, checkpoint, disk, helpers].map((us) => us.toFixed(1)).join(' / '),
    ),
  },
  { title: 'RSS MB', cell: ({ run }) => whole(('rssBytes' in run ? run.rssBytes : run.rssBytesMax) / 1e6) },
  {
    title: 'durable → evaluated ms, mean / max',
    cell: service(({ evaluatedLag: { meanMs, maxMs } }) => pair(meanMs, maxMs)),
  },
  {
    title: 'durable → stored ms, mean / max',
    cell: service(({ storedLag: { meanMs, maxMs } }) => pair(meanMs, maxMs)),
  },
  {
    title: 'reading → case ms, p50 / p99',
    cell: service(({ caseLag }) => (caseLag ? pair(caseLag.p50Ms, caseLag.p99Ms) : '')),
  },
  { title: 'backlog max', cell: service(({ backlogMax }) => whole(backlogMax)) },
  { title: 'catch-up ms', cell: service(({ catchUpMs }) => whole(catchUpMs)) },
  {
    title: 'reports, lost',
    cell: ({ run }) => ('counts' in run ? `${whole(run.counts.stored)}, 0` : whole(run.load.acked)),
  },
  { title: 'generator µs', cell: ({ run }) => run.load.cpuUsPerReport.toFixed(1) },
  { title: 'load average', cell: ({ loadAverage }) => loadAverage.toFixed(1) },
];

/** A table in Markdown, which reads well enough on a terminal too. */
export function figuresTable(figures: readonly Figure[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = columns.map((_, index) => (index < 2 ? '---' : '---:'));
  const rows = figures.map((figure) => columns.map(({ cell }) => cell(figure)));
  return [columns.map(({ title }) => title), rule, ...rows].map(line).join('\n');
}

function service(cell: (run: ServiceRun) => string): (figure: Figure) => string {
  return (figure) => (figure.server === 'aftercare' ? cell(figure.run) : '');
}

function pair(first: number, second: number): string {
  return `${whole(first)} / ${whole(second)}`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
