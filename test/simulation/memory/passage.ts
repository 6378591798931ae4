/**
 * How a call passes through a driver that lives in memory: `work` is one transaction, done whole or not at all. Contract
 * suites let it pass at once; the simulated world takes its time, fails it, or never answers.
 */
export type Passage = <Result>(work: () => Result) => Promise<Result>;

export const atOnce: Passage = async (work) => work();
