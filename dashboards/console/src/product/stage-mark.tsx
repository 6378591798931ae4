import type { Stage } from '../api/trial-model.ts';
import css from './product.module.css';
import { stageHelp, stageWords } from './words.ts';

/** What a rule's stage is called, and what it means. */
export function StageMark({ stage }: { stage: Stage }) {
  return (
    <span className={css.line}>
      <span className={css.stage} data-stage={stage}>
        {stageWords[stage]}
      </span>
      {stage !== 'live' && <span className="muted">{stageHelp[stage]}</span>}
    </span>
  );
}
