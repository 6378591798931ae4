import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { CaseItem } from '../api/model.ts';
import { Prose } from '../parts/prose.tsx';
import { SeverityMark } from '../parts/severity-mark.tsx';
import { stateWords } from '../words/cases.ts';
import { agoWords, epoch, momentWords } from '../words/times.ts';
import css from './inbox.module.css';
import type { Cell } from './live-list.ts';

interface CaseRowProps {
  readonly item: CaseItem;
  readonly productTitle: string;
  readonly open: boolean;
  /** Cells that changed while this row was on screen. */
  readonly changed: readonly Cell[] | undefined;
  readonly now: number;
}

/** What and where, then why in numbers. */
export const CaseRow = memo(function CaseRow({ item, productTitle, open, changed = [], now }: CaseRowProps) {
  const createdAt = epoch(item.createdAt);
  const mark = (...cells: Cell[]) => (cells.some((cell) => changed.includes(cell)) ? '' : undefined);
  return (
    <li>
      <Link
        to="/cases/$caseId"
        params={{ caseId: item.id }}
        search={true}
        className={css.row}
        data-case={item.id}
        aria-current={open ? 'true' : undefined}
        onClick={(event) => {
          if (!open) return;
          event.preventDefault();
          document.getElementById('case-title')?.focus();
        }}
      >
        <span className={css.line}>
          <span className={css.cellSeverity} data-changed={mark('severity')}>
            <SeverityMark severity={item.severity} safety={item.safety} />
          </span>
          <span className={css.cellWhat} data-changed={mark('title')}>
            <span className={css.title} data-done={item.state === 'resolved' ? '' : undefined}>
              {item.title}
            </span>
            <span className="muted">
              {' · '}
              {productTitle} · {item.device}
            </span>
          </span>
          <span className={css.cellTime}>
            {changed.length > 0 && <span className="changed">changed · </span>}
            <time dateTime={item.createdAt} title={`Opened ${momentWords(createdAt)}`}>
              {agoWords(createdAt, now)}
            </time>
          </span>
        </span>
        <span className={css.line}>
          <span className={css.cellWhy} data-changed={mark('explanation')}>
            <Prose text={item.explanation} />
          </span>
          <span className={css.cellState} data-changed={mark('state', 'owner')}>
            {item.owner !== null && `${item.owner} · `}
            {stateWords[item.state]}
          </span>
        </span>
      </Link>
    </li>
  );
});
