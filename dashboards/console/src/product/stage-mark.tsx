import type { Stage } from '../api/trial-model.ts';
import page from '../parts/page.module.css';
import parts from '../parts/parts.module.css';
import { stageHelp, stageWords } from './words.ts';

/** What a rule's stage is called, and what it means. */
export function StageMark({ stage }: { stage: Stage }) {
  return (
    <span className={page.line}>
      <span
        className={parts.pill}
        data-health={stage === 'live' ? 'good' : undefined}
        data-dashed={stage === 'shadow' ? '' : undefined}
      >
        {stageWords[stage]}
      </span>
      {stage !== 'live' && <span className="muted">{stageHelp[stage]}</span>}
    </span>
  );
}
