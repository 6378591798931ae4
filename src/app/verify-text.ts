import type { DeviceDifference, Verification } from './verify.ts';
import type { NumberRange } from './verify-ranges.ts';

/** Enough to act on; `--json` has them all. */
const devicesShown = 50;
const rangesShown = 20;
const problemsShown = 20;

const number = new Intl.NumberFormat('en');
const words = (count: number, one: string): string => `${number.format(count)} ${one}${count === 1 ? '' : 's'}`;

/** A verification for people: what was looked at, what is wrong with it, and which devices do not meet. */
export function verificationText(result: Verification): string {
  const { ok, differences, waiting, complete } = result;
  const wrong = [...damageLines(result), ...result.problems];
  const lines = [...sourceLines(result)];
  if (waiting > 0) lines.push(`${words(waiting, 'record')} of the log wait to be processed at the next start.`);
  if (!complete)
    lines.push('The log does not reach back to its first record, so the counts that need it were not recounted.');
  if (result.letGo > 0) lines.push(`${words(result.letGo, 'report')} were deleted, or let go by age.`);
  if (result.agedDevices > 0) {
    lines.push(
      `${words(result.agedDevices, 'device')} had reports deleted or let go by age uncounted: only the others were compared.`,
    );
  }
  if (wrong.length > 0) lines.push('', ...shortened(wrong, problemsShown, 'problem'));
  if (differences.length > 0) lines.push('', ...differenceLines(differences));
  lines.push('', ok ? 'Everything meets.' : verdict(result));
  return `${lines.join('\n')}\n`;
}

function sourceLines({ log, checkpoint, store, devices }: Verification): string[] {
  const records = log.next > log.first ? `records ${log.first} to ${log.next - 1}` : 'no record';
  const lines = [
    `log         ${records} in ${words(log.files, 'file')}, ${number.format(log.bytes)} bytes`,
    checkpoint ? `checkpoint  before record ${checkpoint.next}, ${words(devices, 'device')}` : 'checkpoint  none',
    store ? `store       ${words(store.reports, 'report')}, before record ${store.cursor}` : 'store       none',
  ];
  const { torn } = log;
  if (!torn) return lines;
  const place = `log/${torn.file} at byte ${torn.position}`;
  return [
    ...lines,
    `torn tail   ${place}: ${words(torn.bytes, 'byte')}, never acknowledged; the next start removes them`,
  ];
}

function damageLines({ log, store }: Verification): string[] {
  const ofLog = log.damage.map(({ file, position, problem, from, to }) => {
    const lost = to === undefined ? `record ${from} and what follows` : `records ${rangeText({ from, to: to - 1 })}`;
    return `log/${file} at byte ${position}: ${problem}; ${lost} cannot be read`;
  });
  const ofStore = (store?.damage ?? []).map(({ table, row, problem, device, reports }) => {
    const held = [device, reports === undefined ? undefined : words(reports, 'report')].filter(
      (part) => part !== undefined,
    );
    const what = held.length > 0 ? ` (${held.join(', ')})` : '';
    return `telemetry.sqlite, table ${table}${row === undefined ? '' : `, row ${row}`}${what}: ${problem}`;
  });
  return [...ofLog, ...ofStore];
}

function differenceLines(differences: readonly DeviceDifference[]): string[] {
  const shown = differences.slice(0, devicesShown);
  const rows = shown.flatMap(({ device, counts }) =>
    counts.map(({ name, ledger, found }) => [device, name, number.format(ledger), number.format(found)] as const),
  );
  const head = ['device', 'count', 'ledger', 'found'] as const;
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)));
  const line = ([device, name, ledger, found]: readonly [string, string, string, string]): string => {
    const [deviceWidth = 0, nameWidth = 0, ledgerWidth = 0, foundWidth = 0] = widths;
    const left = `${device.padEnd(deviceWidth)}  ${name.padEnd(nameWidth)}`;
    return `${left}  ${ledger.padStart(ledgerWidth)}  ${found.padStart(foundWidth)}`;
  };
  const table = rows.length > 0 ? [line(head), ...rows.map(line), ''] : [];
  const more = differences.length - shown.length;
  return [
    ...table,
    ...shown.flatMap(missingLines),
    ...(more > 0 ? [`and ${words(more, 'more device')}; --json lists all`] : []),
  ];
}

function missingLines({ device, missing, missingNumbers, missingRecords, surplus }: DeviceDifference): string[] {
  const byBoot = Map.groupBy(missingNumbers, ({ boot }) => boot);
  const parts = [...byBoot].map(([boot, ranges]) => `boot ${boot}: ${rangesText(ranges)}`);
  if (missingRecords.length > 0) parts.push(`without a number, log records ${rangesText(missingRecords)}`);
  const lines =
    parts.length > 0 ? [`${device}: ${words(missing, 'report')} missing in the store: ${parts.join('; ')}`] : [];
  if (surplus > 0) lines.push(`${device}: ${words(surplus, 'stored report')} that the log does not account for`);
  return lines;
}

function rangesText(ranges: readonly NumberRange[]): string {
  const more = ranges.length - rangesShown;
  const shown = ranges.slice(0, rangesShown).map(rangeText).join(', ');
  return more > 0 ? `${shown} and ${words(more, 'more range')}` : shown;
}

function rangeText({ from, to }: NumberRange): string {
  return from === to ? `${from}` : `${from}–${to}`;
}

function shortened(lines: readonly string[], max: number, one: string): string[] {
  const more = lines.length - max;
  return more > 0 ? [...lines.slice(0, max), `and ${words(more, `more ${one}`)}; --json lists all`] : [...lines];
}

function verdict({ log, store, problems, differences }: Verification): string {
  const damage = log.damage.length + (store?.damage.length ?? 0);
  const parts = [
    damage > 0 ? words(damage, 'damaged place') : '',
    problems.length > 0 ? words(problems.length, 'problem') : '',
    differences.length > 0
      ? `${words(differences.length, 'device')} that ${differences.length === 1 ? 'does' : 'do'} not meet`
      : '',
  ];
  return `Found ${parts.filter((part) => part !== '').join(', ')}.`;
}
