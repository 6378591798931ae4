/** How far the service has come at one moment. Counts of reports since its start. */
export interface Progress {
  /** Epoch ms. */
  readonly at: number;
  /** Durable in the log. */
  readonly logged: number;
  readonly evaluated: number;
  readonly stored: number;
}

export interface Lag {
  readonly meanMs: number;
  readonly maxMs: number;
}

/**
 * How long a report that is durable waits until it is counted under `stage`: at each moment, how long ago the log held
 * as many reports as are counted now. Between two moments the log is taken to have grown evenly.
 */
export function lagOf(samples: readonly Progress[], stage: 'evaluated' | 'stored'): Lag {
  const lags: number[] = [];
  let before = 0;
  for (const sample of samples) {
    const count = sample[stage];
    if (count >= sample.logged) {
      lags.push(0);
      continue;
    }
    while ((samples[before + 1]?.logged ?? Number.POSITIVE_INFINITY) <= count) before += 1;
    lags.push(sample.at - loggedAt(samples, before, count));
  }
  if (lags.length === 0) return { meanMs: 0, maxMs: 0 };
  return { meanMs: lags.reduce((sum, lag) => sum + lag, 0) / lags.length, maxMs: Math.max(...lags) };
}

/** When the log came to hold `count` reports, which was after the sample `before` and not after the one behind it. */
function loggedAt(samples: readonly Progress[], before: number, count: number): number {
  const from = samples[before];
  const to = samples[before + 1];
  if (from === undefined || to === undefined || to.logged <= from.logged) return from?.at ?? 0;
  const share = Math.max(0, Math.min(1, (count - from.logged) / (to.logged - from.logged)));
  return from.at + share * (to.at - from.at);
}
