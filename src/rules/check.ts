import type { ConditionChecker } from '../product/index.ts';
import { ConditionLanguage } from './language.ts';

/** Checks conditions against a pack's signals and fault codes, for `parsePack`. */
export const conditionChecker: ConditionChecker = (vocabulary) => {
  const language = new ConditionLanguage(vocabulary);
  return (condition) => language.problems(condition);
};
