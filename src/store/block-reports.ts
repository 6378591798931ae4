import type { FaultCode, Report, SignalValue } from '../telemetry/index.ts';
import type { Block } from './block.ts';
import { isParentColumn, withParent } from './parent-columns.ts';
import { readFaults, sheetPlace } from './sheet.ts';

/** All rows of a block as reports: column by column where every row has every signal, as is nearly always so. */
export function blockReports(block: Block): Report[] {
  const columns = block.fullSignals();
  if (columns === undefined) return Array.from({ length: block.rows }, (_, row) => block.report(row));
  const signals = signalRows(block.rows, columns);
  const system = new Map(block.systemRows());
  const column = (place: number) => system.get(place) ?? [];
  const words = (place: number) => column(place) as ArrayLike<string | undefined>;
  const numbers = (place: number) => column(place) as ArrayLike<number | undefined>;
  const [devices, products] = [words(sheetPlace.device), words(sheetPlace.product)];
  const [offsets, indexes, ats, receivedAts] = [
    block.offsets(),
    block.indexes(),
    block.at(),
    numbers(sheetPlace.receivedAt),
  ];
  const [rawAts, seqs] = [numbers(sheetPlace.rawAt), numbers(sheetPlace.seq)];
  const [boots, firmwares, faults] = [words(sheetPlace.boot), words(sheetPlace.firmware), words(sheetPlace.faults)];
  const reports = new Array<Report>(block.rows);
  for (let row = 0; row < block.rows; row++) {
    const told = faults[row];
    reports[row] = {
      device: devices[row] ?? '',
      product: products[row] ?? '',
      offset: offsets[row] ?? 0,
      index: indexes[row] ?? 0,
      at: ats[row] ?? 0,
      receivedAt: receivedAts[row] ?? 0,
      rawAt: rawAts[row],
      boot: boots[row],
      seq: seqs[row],
      firmware: firmwares[row],
      signals: signals[row] ?? {},
      faults: told === undefined ? noFaults : readFaults(told),
    };
  }
  return columns.some(({ name }) => isParentColumn(name)) ? reports.map(withParent) : reports;
}

const noFaults: readonly FaultCode[] = [];

type FullColumns = NonNullable<ReturnType<Block['fullSignals']>>;

function signalRows(count: number, columns: FullColumns): readonly Record<string, SignalValue>[] {
  // Copies of one object share its shape, and so do all rows that the engine reads.
  const shape: Record<string, SignalValue> = {};
  for (const { name, column } of columns)
    shape[name] = column.type === 'string' ? '' : column.type === 'boolean' ? false : 0;
  const rows = Array.from({ length: count }, () => ({ ...shape }));
  for (const { name, column } of columns) {
    const { values, type } = column;
    for (let row = 0; row < count; row++) {
      const signals = rows[row];
      const value = values[row];
      if (signals !== undefined && value !== undefined) signals[name] = type === 'boolean' ? value === 1 : value;
    }
  }
  return rows;
}
