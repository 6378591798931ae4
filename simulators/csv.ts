import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { AftercareError, fileReason, parseInstant } from '../src/base/index.ts';
import type { SignalValue } from '../src/telemetry/index.ts';

/** One row of a recording: event time and the readings that it holds. */
export interface RecordedRow {
  readonly at: number;
  readonly signals: Readonly<Record<string, SignalValue>>;
}

/** A row with its place and its time as it was written. */
export interface WrittenRow extends RecordedRow {
  readonly timestamp: string;
  readonly line: number;
  /** Names of all signals of the recording, in its order. */
  readonly columns: readonly string[];
}

/** A recording is `timestamp,signal,…`; further columns are signals by name, empty cells are absent readings. */
export const timeColumns = ['timestamp', 'datetime'] as const;

const delimiters = [',', ';', '\t'];
const rowBytesMax = 1024 * 1024;

/**
 * Reads a recording row by row. Times are epoch ms, RFC 3339, or `YYYY-MM-DD HH:MM:SS` taken as UTC. Throws
 * `csv-invalid` with file and line.
 */
export async function* readRecording(file: string): AsyncGenerator<WrittenRow> {
  const parser = parse({
    bom: true,
    delimiter: delimiters,
    trim: true,
    info: true,
    max_record_size: rowBytesMax,
    skip_empty_lines: true,
  });
  createReadStream(file)
    .on('error', (error) => parser.destroy(error))
    .pipe(parser);
  let header: readonly string[] | undefined;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (header) yield readRow(header, record, { file, line: info.lines });
      else header = readHeader(record, `${file}:1:1`);
    }
  } catch (error) {
    if (error instanceof AftercareError) throw error;
    throw new AftercareError('csv-invalid', `${file}: ${fileReason(error)}`);
  }
  if (!header) throw new AftercareError('csv-invalid', `${file}:1:1: the file is empty`);
}

function readHeader(record: readonly string[], place: string): readonly string[] {
  const [first = ''] = record;
  if (!timeColumns.some((name) => name === first)) {
    throw new AftercareError(
      'csv-invalid',
      `${place}: the first column must be timestamp, not ${JSON.stringify(first)}`,
      {
        hint: 'a recording begins with the line timestamp,signal,…',
      },
    );
  }
  if (record.length < 2) throw new AftercareError('csv-invalid', `${place}: there is no signal beside the time`);
  return record.map(signalName);
}

/** Headings as people write them become signal names: `Volume Flow RateRMS` → `volume_flow_rate_rms`. */
function signalName(heading: string): string {
  return heading
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase();
}

function readRow(
  header: readonly string[],
  record: readonly string[],
  { file, line }: { readonly file: string; readonly line: number },
): WrittenRow {
  const timestamp = record[0] ?? '';
  const at = readTime(timestamp);
  if (at === undefined) {
    throw new AftercareError('csv-invalid', `${file}:${line}:1: ${JSON.stringify(timestamp)} is no time`);
  }
  const signals: Record<string, SignalValue> = {};
  for (let i = 1; i < header.length; i++) {
    const cell = record[i] ?? '';
    if (cell !== '') signals[header[i] ?? ''] = readCell(cell);
  }
  return { at, signals, timestamp, line, columns: header.slice(1) };
}

function readTime(text: string): number | undefined {
  if (/^\d+$/.test(text)) return parseInstant(Number(text));
  return parseInstant(text) ?? parseInstant(`${text}Z`);
}

function readCell(cell: string): SignalValue {
  if (cell === 'true' || cell === 'false') return cell === 'true';
  const number = Number(cell);
  return Number.isNaN(number) ? cell : number;
}
