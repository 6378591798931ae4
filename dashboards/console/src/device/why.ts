import type { WhyRule } from '../api/trial-model.ts';

export const ruleStateWords: Readonly<Record<WhyRule['state'], string>> = {
  open: 'Open',
  waiting: 'Waiting',
  unknown: 'Not known',
  quiet: 'Quiet',
};

const order: readonly WhyRule['state'][] = ['open', 'waiting', 'unknown', 'quiet'];

/** What holds first, then what is about to, then the rest, each in the order of the pack. */
export function byState<Rule extends Pick<WhyRule, 'state'>>(rules: readonly Rule[]): Rule[] {
  return rules.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}
