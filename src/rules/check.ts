import type { ConditionChecker } from '../product/index.ts';
import { ConditionLanguage } from './language.ts';
import { windowsMax } from './windows.ts';

/**
 * Checks conditions against a pack's signals and fault codes, for `parsePack`. One check is for one pack: it also tells
 * when the pack's conditions together ask for too many windows.
 */
export const conditionChecker: ConditionChecker = (vocabulary) => {
  const language = new ConditionLanguage(vocabulary);
  return (condition) => {
    const before = language.windows.size;
    const problems = language.problems(condition);
    const beyond = language.windows.size > windowsMax && before <= windowsMax;
    return beyond
      ? [...problems, { text: `at most ${windowsMax} different windows in one pack`, offset: 0 }]
      : problems;
  };
};
