import { assert } from '../base/index.ts';

/** Numbers in order, in blocks: putting one in, taking one out and finding the n-th touch a block, not all of them. */
export type Sorted = number[][];

const blockMax = 128;
const blockMin = 24;

export function putSorted(sorted: Sorted, value: number): void {
  const place = blockOf(sorted, value);
  const block = sorted[place];
  if (block === undefined) {
    sorted.push([value]);
    return;
  }
  block.splice(indexIn(block, value), 0, value);
  if (block.length > blockMax) sorted.splice(place + 1, 0, block.splice(block.length >> 1));
}

export function takeSorted(sorted: Sorted, value: number): void {
  const place = blockOf(sorted, value);
  const block = sorted[place];
  const index = block === undefined ? -1 : indexIn(block, value);
  assert(block?.[index] === value, 'only what is inside is taken out');
  block.splice(index, 1);
  if (block.length >= blockMin || sorted.length === 1) return;
  const beside = place > 0 ? place - 1 : 0;
  const joined = [...(sorted[beside] ?? []), ...(sorted[beside + 1] ?? [])];
  if (joined.length <= blockMax) sorted.splice(beside, 2, joined);
}

/** The middle one; of an even number the mean of the middle two. */
export function medianOf(sorted: Sorted, count: number): number | undefined {
  const upper = nth(sorted, count >> 1);
  if (upper === undefined || count % 2 === 1) return upper;
  const lower = nth(sorted, (count >> 1) - 1) ?? upper;
  // Half by half: their sum may be infinite.
  return lower / 2 + upper / 2;
}

function nth(sorted: Sorted, index: number): number | undefined {
  let rest = index;
  for (const block of sorted) {
    if (rest < block.length) return block[rest];
    rest -= block.length;
  }
  return undefined;
}

/** The first block whose last number is not below the value; else the last one. */
function blockOf(sorted: Sorted, value: number): number {
  let [low, high] = [0, Math.max(0, sorted.length - 1)];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.at(-1) ?? value) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function indexIn(block: readonly number[], value: number): number {
  let [low, high] = [0, block.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((block[middle] ?? value) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
