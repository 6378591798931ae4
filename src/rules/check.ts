import type { ConditionChecker, ConditionProblem } from '../product/index.ts';
import { ConditionLanguage } from './language.ts';
import { windowsMax } from './windows.ts';

/**
 * Checks conditions against a pack's signals and fault codes, for `parsePack`. One check is for one pack: it also tells
 * when the pack's conditions together ask for too many windows.
 */
export const conditionChecker: ConditionChecker = (vocabulary) => {
  const language = new ConditionLanguage(vocabulary);
  const within = (check: () => readonly ConditionProblem[]): readonly ConditionProblem[] => {
    const before = language.readsCount;
    const problems = check();
    const beyond = language.readsCount > windowsMax && before <= windowsMax;
    return beyond
      ? [
          ...problems,
          {
            text: `at most ${windowsMax} different windows and timed conditions in one pack`,
            offset: 0,
          },
        ]
      : problems;
  };
  const problemsOf = (result: { readonly problem?: ConditionProblem | undefined }) =>
    result.problem === undefined ? [] : [result.problem];
  return {
    condition: (text) => within(() => problemsOf(language.compile(text))),
    value: (text) => {
      const result = language.checkValue(text);
      return result.problem ? { problems: [result.problem] } : { problems: [], type: result.type, unit: result.unit };
    },
  };
};
