/**
 * The candidate that a misspelt word most likely meant, for "did you mean": the smallest edit distance (Levenshtein,
 * 1965), at most a third of the word's length; undefined when none is that near.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Words are names: longer ones are compared by their beginning, which bounds the cost. */
const comparedCharactersMax = 64;

function editDistance(a: string, b: string): number {
  const left = a.slice(0, comparedCharactersMax);
  const right = b.slice(0, comparedCharactersMax);
  let previous = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (let i = 0; i < left.length; i++) {
    const current = [i + 1];
    for (let j = 0; j < right.length; j++) {
      const change = (previous[j] ?? 0) + (left[i] === right[j] ? 0 : 1);
      current.push(Math.min(change, (previous[j + 1] ?? 0) + 1, (current[j] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
