import type { Severity } from '../api/model.ts';
import { severityWords } from '../words/cases.ts';
import css from './parts.module.css';

/** How much of the disc is filled; the shape tells severities apart without colour. */
const filled: Readonly<Record<Severity, string>> = {
  info: '',
  minor: 'M8 8V2.5A5.5 5.5 0 0 1 13.5 8Z',
  major: 'M8 2.5a5.5 5.5 0 0 1 0 11Z',
  critical: 'M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11Z',
};

interface SeverityMarkProps {
  readonly severity: Severity;
  readonly safety: boolean;
  /** On a tint of its own, beside a title. */
  readonly badge?: boolean;
}

/** Shape, word and colour; a shield beside it where safety is at stake. */
export function SeverityMark({ severity, safety, badge }: SeverityMarkProps) {
  return (
    <span className={css.mark} data-severity={severity} data-badge={badge}>
      <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" strokeWidth="1.75" />
        <path d={filled[severity]} fill="currentColor" />
      </svg>
      <span className={css.markWord}>{severityWords[severity]}</span>
      {safety && <Shield />}
    </span>
  );
}

function Shield() {
  return (
    <span className={css.shield} title="Safety is at stake">
      <svg width="14" height="16" viewBox="0 0 14 16" aria-hidden="true" focusable="false">
        <path
          d="M7 1.5 12.2 3.4v3.8c0 3.3-2 5.9-5.2 7.3-3.2-1.4-5.2-4-5.2-7.3V3.4Z"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.6"
          strokeLinejoin="round"
        />
        <path d="M7 4.8v3.6M7 10.6v.1" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" />
      </svg>
      <span className="visually-hidden">, safety</span>
    </span>
  );
}
