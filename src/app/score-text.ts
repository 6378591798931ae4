import type { ScoreCard } from '../backtest/index.ts';
import { formatDuration, minuteMs, secondMs } from '../base/index.ts';

/** A score card for people. */
export function scoreText(card: ScoreCard): string {
  const { cases, faults, leadTime, reports, readingToCase, silence } = card;
  const lines: [string, string][] = [
    ['devices', `${card.devices}, ${card.deviceDays.toFixed(0)} device-days`],
    ['faults', `${faults.planted} planted, ${faults.found} found, ${faults.missed} missed${early(faults.tooEarly)}`],
    [
      'cases',
      `${cases.opened} opened: ${cases.right} right, ${cases.wrongCause} wrong cause, ${cases.false} false, ` +
        `${cases.echoes} echoes of a repair`,
    ],
    ['precision', percent(card.precision)],
    ['recall', percent(card.recall)],
    ['lead time', `median ${span(leadTime.medianMs)} (n = ${leadTime.n}, ${leadTime.tooLate} after the customer)`],
    ['false cases', `${(card.falsePer1000DeviceDays ?? 0).toFixed(2)} per 1,000 device-days`],
    ['reading → case', `p50 ${short(readingToCase.p50Ms)}, p99 ${short(readingToCase.p99Ms)} (n = ${readingToCase.n})`],
    [
      'silence',
      silence === undefined
        ? 'not judged: the run was accelerated, and silence is in service time'
        : `${silence.linkFaults.found} of ${silence.linkFaults.planted} failed links noticed, median after ` +
          `${span(silence.noticedAfterMs)}; ${silence.others} other silences`,
    ],
    [
      'reports',
      `${reports.generated} measured, ${reports.lostByDevices + reports.waitingInDevices} never sent, ` +
        `${reports.sent} sent, ${reports.repeated} sent again`,
    ],
    [
      'ledger',
      `${reports.received} received = ${reports.acknowledged} acknowledged + ${reports.duplicates} duplicates + ` +
        `${reports.quarantined} quarantined; ${reports.late} late, ${reports.conflicts} conflicts`,
    ],
    ['lost', `${reports.lost}`],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  const text = lines.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
  return `${text}\n${modeTable(card)}${blunderText(card)}`;
}

function modeTable({ modes }: ScoreCard): string {
  const head = [
    'failure mode',
    'faults',
    'found',
    'missed',
    'median lead',
    'cases',
    'right',
    'wrong',
    'false',
    'echoes',
  ];
  const rows = modes.map(({ failureMode, faults, leadTime, cases }) => [
    failureMode,
    ...[faults.planted, faults.found, faults.missed].map(String),
    span(leadTime.medianMs),
    ...[cases.opened, cases.right, cases.wrongCause, cases.false, cases.echoes].map(String),
  ]);
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) => row.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function blunderText({ blunders }: ScoreCard): string {
  if (blunders.length === 0) return '';
  const list = blunders.map((item) => `  ${item.source}: ${item.false} false, ${item.wrongCause} wrong cause\n`);
  return `\nopened by\n${list.join('')}`;
}

function early(tooEarly: number): string {
  return tooEarly === 0 ? '' : `, ${tooEarly} not to be seen yet`;
}

function percent(share: number | undefined): string {
  return share === undefined ? '–' : `${(100 * share).toFixed(1)} %`;
}

/** To the minute. */
function span(ms: number | undefined): string {
  if (ms === undefined) return '–';
  const rounded = formatDuration(Math.round(Math.abs(ms) / minuteMs) * minuteMs);
  return ms < 0 ? `−${rounded}` : rounded;
}

function short(ms: number | undefined): string {
  if (ms === undefined) return '–';
  return ms < 10 * secondMs ? `${Math.round(ms)} ms` : formatDuration(Math.round(ms / secondMs) * secondMs);
}
