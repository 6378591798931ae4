import type { ReactNode } from 'react';
import type { Severity } from '../api/model.ts';
import css from './parts.module.css';

interface NoticeProps {
  readonly severity: Severity;
  /** An alert is read out when it appears. */
  readonly role?: 'alert' | 'note';
  readonly children: ReactNode;
}

/** Something to know before reading on. */
export function Notice({ severity, role, children }: NoticeProps) {
  return (
    <div role={role} className={css.notice} data-severity={severity}>
      {children}
    </div>
  );
}
