import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { deviceMaintenanceQuery, hiddenFindingsQuery } from '../api/queries.ts';
import { Notice } from '../parts/notice.tsx';
import { Prose } from '../parts/prose.tsx';
import { plural } from '../words/numbers.ts';
import { epoch, shortMomentWords } from '../words/times.ts';
import css from './maintenance.module.css';

/** That a device is in maintenance, until when, and what of it is hidden for that. Nothing where it is in none. */
export function MaintenanceNotice({ device }: { device: string }) {
  const maintenance = useQuery(deviceMaintenanceQuery(device)).data?.items ?? [];
  const hidden = useQuery(hiddenFindingsQuery(device)).data ?? [];
  if (maintenance.length === 0 && hidden.length === 0) return null;
  return (
    <Notice severity="info" role="note">
      {maintenance.map((item) => (
        <p key={item.id}>
          In <Link to="/maintenance">maintenance</Link> until{' '}
          <time dateTime={item.to}>{shortMomentWords(epoch(item.to))}</time>: “{item.reason}” ({item.owner}). What is
          found until then opens no case, unless it is about safety.
        </p>
      ))}
      {hidden.length > 0 && (
        <>
          <p>
            {plural(hidden.length, 'finding')} {hidden.length === 1 ? 'holds and is' : 'hold and are'} hidden by
            maintenance:
          </p>
          <ul className={css.hiddenHere}>
            {hidden.map((finding) => (
              <li key={finding.id}>
                <Prose text={finding.explanation} />
              </li>
            ))}
          </ul>
        </>
      )}
    </Notice>
  );
}
