import { useQuery } from '@tanstack/react-query';
import type { QuarantineItem } from '../api/model.ts';
import { quarantineQuery } from '../api/queries.ts';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { Prose } from '../parts/prose.tsx';
import { countWords } from '../words/numbers.ts';
import { epoch, momentWords, shortMomentWords } from '../words/times.ts';
import css from './device.module.css';

/** What was set aside of its messages, newest first, with why and the bytes as they came. */
export function Quarantine({ device }: { device: string }) {
  const query = useQuery(quarantineQuery(device));
  const items = query.data?.items ?? [];
  return (
    <section aria-labelledby="quarantine-heading">
      <h2 id="quarantine-heading">Set aside</h2>
      {query.isError && (
        <ProblemNotice what="What was set aside could not be read" error={query.error} onRetry={query.refetch} />
      )}
      {query.data !== undefined && items.length === 0 && (
        <p className="muted">Nothing: every message could be read as it came.</p>
      )}
      <ul className={`${css.list} ${css.quarantine}`}>
        {numbered(items).map(({ key, item }) => (
          <Entry key={key} item={item} />
        ))}
      </ul>
      {query.data?.next != null && <p className={css.aside}>The newest {countWords(items.length)} are listed.</p>}
    </section>
  );
}

function Entry({ item }: { item: QuarantineItem }) {
  const receivedAt = epoch(item.receivedAt);
  return (
    <li>
      <strong>{item.reason.replaceAll('-', ' ')}</strong>
      <time dateTime={item.receivedAt} title={`Came ${momentWords(receivedAt)}`}>
        {shortMomentWords(receivedAt)}
      </time>
      <details>
        <summary>
          <Prose text={item.detail} />
        </summary>
        {item.payload === null ? (
          <p className="muted">The payload of {countWords(item.bytes)} bytes was not kept.</p>
        ) : (
          <>
            <p className="muted">
              {countWords(item.bytes)} bytes to {item.topic}
            </p>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
            <pre tabIndex={0}>{item.payload}</pre>
          </>
        )}
      </details>
    </li>
  );
}

/** Equal messages may come at the same time, so a key counts from the oldest of the same arrival. */
function numbered(items: readonly QuarantineItem[]): readonly { key: string; item: QuarantineItem }[] {
  const counts = new Map<string, number>();
  return items
    .toReversed()
    .map((item) => {
      const count = (counts.get(item.receivedAt) ?? 0) + 1;
      counts.set(item.receivedAt, count);
      return { key: `${item.receivedAt} ${count}`, item };
    })
    .toReversed();
}
