import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Gap } from '../api/model.ts';
import { countWords, plural } from '../words/numbers.ts';
import css from './ledger.module.css';
import { rangeWords, reportsIn } from './missing.ts';

/** How many gaps are listed at first, and how many more at each press. */
const listedAtFirst = { device: 5, fleet: 20 } as const;
const moreListed = 100;

interface GapsProps {
  readonly gaps: readonly (Gap & { readonly device?: string })[];
  readonly of: keyof typeof listedAtFirst;
}

/** Numbers that never arrived, between others that did: the newest first. A gap goes when its reports come after all. */
export function Gaps({ gaps, of }: GapsProps) {
  const [listed, setListed] = useState<number>(listedAtFirst[of]);
  if (gaps.length === 0) return <p className={`meta muted ${css.note}`}>No report is missing in between.</p>;
  const newest = gaps.toReversed().slice(0, listed);
  const more = gaps.length - newest.length;
  return (
    <div className={css.gaps}>
      <p>
        {plural(reportsIn(gaps), 'report')} never arrived, in {plural(gaps.length, 'gap')}:
      </p>
      <table aria-label="Missing reports">
        <thead>
          <tr>
            {of === 'fleet' && <th scope="col">Device</th>}
            <th scope="col">Boot</th>
            <th scope="col">Numbers</th>
            <th scope="col">Reports</th>
          </tr>
        </thead>
        <tbody>
          {newest.map((gap) => (
            <tr key={`${gap.device} ${gap.boot} ${gap.from}`}>
              {gap.device !== undefined && (
                <td>
                  <Link to="/devices/$deviceId" params={{ deviceId: gap.device }} search={{}}>
                    {gap.device}
                  </Link>
                </td>
              )}
              <td>{gap.boot}</td>
              <td>{rangeWords(gap)}</td>
              <td>{countWords(reportsIn([gap]))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 && (
        <Button size="compact-sm" variant="default" onClick={() => setListed(listed + moreListed)}>
          Show {countWords(Math.min(more, moreListed))} more of {countWords(more)}
        </Button>
      )}
    </div>
  );
}
