import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../api/client.ts';
import type { Finding, Maintenance } from '../api/model.ts';
import { maintenanceDetailQuery } from '../api/queries.ts';
import { useAnnounce } from '../app/announce.tsx';
import { useSession } from '../app/session.ts';
import { useNow } from '../app/use-now.ts';
import page from '../parts/page.module.css';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { Prose } from '../parts/prose.tsx';
import { countWords } from '../words/numbers.ts';
import { epoch, shortMomentWords } from '../words/times.ts';
import css from './maintenance.module.css';
import { queryWords, timeWords } from './words.ts';

export function MaintenanceEntry({ item }: { item: Maintenance }) {
  const now = useNow();
  const [opened, setOpened] = useState(false);
  return (
    <li>
      <div className={css.entry}>
        <div className={`${page.what} ${css.what}`}>
          <strong>{item.reason}</strong>
          <span>{queryWords(item.query)}</span>
          <span className="meta muted">
            {timeWords(item, now)} · {item.owner}
          </span>
        </div>
        {item.state !== 'past' && <EndButton item={item} />}
      </div>
      {item.state !== 'planned' && (
        <details onToggle={(event) => setOpened(event.currentTarget.open)}>
          <summary>What it hid</summary>
          {opened && <Hidden maintenance={item.id} />}
        </details>
      )}
    </li>
  );
}

function EndButton({ item }: { item: Maintenance }) {
  const { role, csrfToken } = useSession();
  const client = useQueryClient();
  const announce = useAnnounce();
  const name = item.state === 'planned' ? 'Call off' : 'End now';
  const end = useMutation({
    mutationFn: () => call(`/maintenance/${encodeURIComponent(item.id)}/end`, { method: 'POST', csrfToken }),
    onSuccess: () => {
      announce(item.state === 'planned' ? 'Called off.' : 'Ended.');
      return client.invalidateQueries({ queryKey: ['maintenance'] });
    },
  });
  if (role === 'viewer') return null;
  return (
    <>
      <Button
        size="xs"
        variant="default"
        loading={end.isPending}
        aria-label={`${name}: ${item.reason}`}
        onClick={() => end.mutate()}
      >
        {name}
      </Button>
      {end.isError && (
        <div className={css.wide}>
          <ProblemNotice what="It was not ended" error={end.error} />
        </div>
      )}
    </>
  );
}

function Hidden({ maintenance }: { maintenance: string }) {
  const query = useQuery(maintenanceDetailQuery(maintenance));
  const findings = query.data?.findings;
  return (
    <>
      {query.isError && (
        <ProblemNotice what="What it hid could not be read" error={query.error} onRetry={query.refetch} />
      )}
      {findings?.items.length === 0 && <p className="muted">Nothing.</p>}
      <ul className={css.hidden}>
        {findings?.items.map((finding) => (
          <HiddenFinding key={finding.id} finding={finding} />
        ))}
      </ul>
      {findings?.next != null && <p className="muted">The first {countWords(findings.items.length)} are listed.</p>}
    </>
  );
}

function HiddenFinding({ finding }: { finding: Finding }) {
  return (
    <li>
      <span className="meta muted">
        <Link to="/devices/$deviceId" params={{ deviceId: finding.device }} search={{}}>
          {finding.device}
        </Link>
        {' · '}
        <time dateTime={finding.openedAt}>{shortMomentWords(epoch(finding.openedAt))}</time>
        {finding.case === null ? (
          finding.state === 'raised' ? (
            ' · holds'
          ) : (
            ' · over'
          )
        ) : (
          <>
            {' · '}
            <Link to="/cases/$caseId" params={{ caseId: finding.case }} search={{}}>
              its case
            </Link>
          </>
        )}
      </span>
      <span>
        <Prose text={finding.explanation} />
      </span>
    </li>
  );
}
