const bucketMs = 0.05;
const buckets = 200_000;

/** Latencies up to 10 s in steps of 0.05 ms; longer ones count as 10 s. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(buckets);
  #total = 0;

  add(latencyMs: number): void {
    const bucket = Math.min(buckets - 1, Math.floor(latencyMs / bucketMs));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total += 1;
  }

  /** The latency that a share of `quantile` did not pass; undefined when there is none. */
  quantileMs(quantile: number): number | undefined {
    if (this.#total === 0) return undefined;
    const rank = Math.ceil(quantile * this.#total);
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= rank) return Math.round((bucket + 1) * bucketMs * 100) / 100;
    }
    return buckets * bucketMs;
  }
}
