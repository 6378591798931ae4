import type { Evidence } from '../api/model.ts';

export interface Piece {
  readonly text: string;
  /** The reading that this number is of; absent for plain words and for numbers that no reading explains. */
  readonly reading?: Evidence;
}

/** A number that stands by itself: not a part of a name such as E21, P-40 or 2.3.1. */
const numberPattern = /(?<![\w.])[-−]?\d+(?:,\d{3})*(?:\.\d+)?(?![\w]|\.\d)/g;

/** Cuts an explanation at those numbers that are readings, so that each can light its reading in the chart. */
export function linkNumbers(sentence: string, evidence: readonly Evidence[]): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of sentence.matchAll(numberPattern)) {
    const reading = readingOf(match[0], evidence);
    if (reading === undefined) continue;
    if (match.index > end) pieces.push({ text: sentence.slice(end, match.index) });
    pieces.push({ text: match[0], reading });
    end = match.index + match[0].length;
  }
  if (end < sentence.length) pieces.push({ text: sentence.slice(end) });
  return pieces;
}

/**
 * The newest reading that is written like this: equal to the number within half of its last digit. A whole number has to
 * be exact, or every "8 °C" of a limit and "8 min" of a duration would be taken for a reading of 8.2.
 */
function readingOf(written: string, evidence: readonly Evidence[]): Evidence | undefined {
  const plain = written.replaceAll(',', '').replace('−', '-');
  const decimals = plain.split('.')[1]?.length ?? 0;
  const tolerance = decimals === 0 ? 0 : 0.5 * 10 ** -decimals * (1 + 1e-9);
  return evidence.findLast(
    (reading) => typeof reading.value === 'number' && Math.abs(reading.value - Number(plain)) <= tolerance,
  );
}
