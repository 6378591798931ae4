import type { Playbook as PlaybookItem, Product } from '../api/model.ts';
import page from '../parts/page.module.css';
import css from './case.module.css';

interface PlaybookProps {
  readonly product: Product | undefined;
  readonly failureMode: string;
}

/** What the product's makers recommend for such a case, in order. Nothing where they recommend nothing. */
export function Playbook({ product, failureMode }: PlaybookProps) {
  const playbook = product?.failureModes.find(({ id }) => id === failureMode)?.playbook ?? null;
  if (playbook === null) return null;
  return (
    <section aria-labelledby="playbook-heading">
      <h2 id="playbook-heading">
        Playbook <span className="muted">· {playbook.title}</span>
      </h2>
      <Steps steps={playbook.steps} />
    </section>
  );
}

const actorWords = { customer: 'Customer', remote: 'Remote', technician: 'Technician' } as const;

function Steps({ steps }: Pick<PlaybookItem, 'steps'>) {
  // A step has no id, and the list changes only as a whole.
  const numbered = steps.map((step, index) => ({ ...step, number: index + 1 }));
  return (
    <ol className={css.steps}>
      {numbered.map(({ number, do: text, who, expect }) => (
        <li key={number}>
          <p>{text}</p>
          {(who !== null || expect !== null) && (
            <p className={page.facts}>
              {who !== null && <span>{actorWords[who]}</span>}
              {expect !== null && <span>Expect: {expect}</span>}
            </p>
          )}
        </li>
      ))}
    </ol>
  );
}
