import { nearest } from '../base/index.ts';

/**
 * Every word of the condition language, built or planned, and what CEL itself reserves: no signal may be called so, or a
 * pack of today would change its meaning with a later version.
 */
const conditionWords: ReadonlySet<string> = new Set(
  [
    'avg min max sum count median spread rate delta slope ago previous held since fault silent age',
    'firmware site hour weekday cohort parent',
    'true false null in as break const continue else for function if import let loop package namespace return var void',
    'while has all exists exists_one map filter cel google size type dyn int uint double string bool bytes list',
    'null_type duration timestamp optional and or not',
  ]
    .join(' ')
    .split(' '),
);

const wordPattern = /^[a-z][a-z0-9_]*$/;
const dashedPattern = /^[a-z][a-z0-9-]*$/;
const idLengthMax = 64;

/** Why the text cannot be a product's id; undefined when it can. */
export function productIdProblem(id: string): string | undefined {
  if (id === 'reports') return "a product cannot be called 'reports': the store keeps its own records under that name";
  return dashedIdProblem(id, 'product id');
}

/** Why the text cannot be the id of a rule or a failure mode. `what` names it in the sentence. */
export function dashedIdProblem(id: string, what: string): string | undefined {
  if (id.length > idLengthMax) return `a ${what} has at most ${idLengthMax} characters`;
  if (dashedPattern.test(id)) return undefined;
  return `'${id}' is not a ${what}: use lower-case letters, digits and -, beginning with a letter`;
}

export function signalNameProblem(name: string): string | undefined {
  if (name === 'device' || name === 'time')
    return `a signal cannot be called '${name}': the store uses that name itself`;
  if (conditionWords.has(name)) return `a signal cannot be called '${name}': it is a word of the condition language`;
  if (name.length > idLengthMax) return `a signal name has at most ${idLengthMax} characters`;
  if (wordPattern.test(name)) return undefined;
  return `'${name}' is not a signal name: use lower-case letters, digits and _, beginning with a letter`;
}

export function faultCodeProblem(code: string): string | undefined {
  return /^[A-Za-z0-9._-]{1,64}$/.test(code)
    ? undefined
    : `'${code}' is not a fault code: use 1 to 64 letters, digits and . _ -`;
}

/** "cabinet_temp" → "Cabinet temp": words for people where the pack gives none. */
export function titleFromName(name: string): string {
  const words = name.replaceAll(/[_-]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `; did you mean 'when'?`, or nothing: appended to the sentence that names the unknown word. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const meant = nearest(word, known);
  return meant === undefined ? '' : `; did you mean '${meant}'?`;
}
