import type { Health } from '../api/model.ts';
import { healthWords } from '../words/health.ts';
import css from './parts.module.css';

/** The disc fills as it gets worse; a tick, a stroke and a question where it is good, silent and not known. */
const shapes: Readonly<Record<Health, { readonly ring: string; readonly fill: string; readonly line: string }>> = {
  good: { ring: '', fill: '', line: 'm5.4 8.2 1.9 1.9 3.4-3.9' },
  watch: { ring: '', fill: 'M8 8V2.5A5.5 5.5 0 0 1 13.5 8Z', line: '' },
  degraded: { ring: '', fill: 'M8 2.5a5.5 5.5 0 0 1 0 11Z', line: '' },
  failing: { ring: '', fill: 'M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11Z', line: '' },
  silent: { ring: '', fill: '', line: 'M4.2 11.8 11.8 4.2' },
  unknown: { ring: '1.6 2', fill: '', line: '' },
};

interface HealthMarkProps {
  readonly health: Health;
  /** On a tint of its own, beside a title. */
  readonly badge?: boolean;
}

/** Shape, word and colour. */
export function HealthMark({ health, badge }: HealthMarkProps) {
  const { ring, fill, line } = shapes[health];
  return (
    <span className={css.mark} data-health={health} data-badge={badge}>
      <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" strokeWidth="1.75" strokeDasharray={ring} />
        <path d={fill} fill="currentColor" />
        <path d={line} fill="none" stroke="currentColor" strokeWidth="1.75" strokeLinecap="round" />
      </svg>
      <span className={css.markWord}>{healthWords[health]}</span>
    </span>
  );
}
