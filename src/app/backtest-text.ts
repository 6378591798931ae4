import type { BacktestResult } from '../backtest/index.ts';
import { formatDuration, minuteMs } from '../base/index.ts';

const changesShown = 50;
const devicesShown = 20;

/** A backtest's result for people. */
export function backtestText(result: BacktestResult): string {
  const { cases, perWeek, from, to, reports, devices, against } = result;
  const name = against.version === null ? against.name : `${against.name} (version ${against.version})`;
  const lines: [string, string][] = [
    ['range', `${minute(from)} to ${minute(to)}, ${devices} devices, ${reports} reports`],
    ['against', `${name}: ${cases.against} cases, ${perWeek.against} a week`],
    ['candidate', `${cases.candidate} cases, ${perWeek.candidate} a week`],
    ['changes', changesLine(result)],
    ...outcomeLines(result),
  ];
  const width = Math.max(...lines.map(([title]) => title.length));
  const head = lines.map(([title, text]) => `${title.padEnd(width)}  ${text}\n`).join('');
  return [head, weeksText(result), changesText(result), devicesText(result), notesText(result)]
    .filter(Boolean)
    .join('\n');
}

function changesLine({ cases: { added, removed, earlier, later, same } }: BacktestResult): string {
  return `${added} added, ${removed} removed, ${earlier} earlier, ${later} later, ${same} the same`;
}

function outcomeLines({ outcomes }: BacktestResult): [string, string][] {
  if (outcomes === null) return [];
  const what = outcomes.known === 'verdicts' ? 'what people found' : 'planted faults';
  return (['against', 'candidate'] as const).map((side) => {
    const { precision, recall, leadTime } = outcomes[side];
    const lead = leadTime.medianMs === null ? '–' : span(leadTime.medianMs);
    const shares = `precision ${percent(precision.value)} (n = ${precision.n}), recall ${percent(recall.value)} (n = ${recall.n})`;
    return [`by ${what}`, `${side}: ${shares}, lead time ${lead} (n = ${leadTime.n})`];
  });
}

function weeksText({ weeks }: BacktestResult): string {
  if (weeks.length < 2) return '';
  const rows = weeks.map(({ from, against, candidate }) => `  ${from.slice(0, 10)}  ${against} → ${candidate}\n`);
  return `cases a week, against → candidate\n${rows.join('')}`;
}

function changesText({ changes, changesLeftOut }: BacktestResult): string {
  if (changes.length === 0) return '';
  const rows = changes.slice(0, changesShown).map(({ kind, device, failureMode, against, candidate }) => {
    const [before, after] = [against?.openedAt, candidate?.openedAt];
    const when = before && after ? `${minute(before)} → ${minute(after)}` : minute(before ?? after ?? '');
    return `  ${kind.padEnd(8)} ${device} ${failureMode} ${when}  ${(candidate ?? against)?.explanation ?? ''}\n`;
  });
  const more = changes.length - rows.length + changesLeftOut;
  return `cases that change\n${rows.join('')}${more > 0 ? `  and ${more} more; --json tells ${changes.length}\n` : ''}`;
}

function devicesText({ devicesToLookAt }: BacktestResult): string {
  if (devicesToLookAt.length === 0) return '';
  const rows = devicesToLookAt.slice(0, devicesShown).map(({ device, added, removed, earlier, later }) => {
    return `  ${device}: ${added} added, ${removed} removed, ${earlier} earlier, ${later} later\n`;
  });
  return `devices to look at\n${rows.join('')}`;
}

function notesText({ notes }: BacktestResult): string {
  return notes.map((note) => `${note}\n`).join('');
}

function minute(instant: string): string {
  return instant.slice(0, 16).replace('T', ' ');
}

function span(ms: number): string {
  const text = formatDuration(Math.round(Math.abs(ms) / minuteMs) * minuteMs);
  return ms < 0 ? `−${text}` : text;
}

function percent(share: number | null): string {
  return share === null ? '–' : `${(100 * share).toFixed(1)} %`;
}
