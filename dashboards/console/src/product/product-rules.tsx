import type { Product, RuleItem } from '../api/model.ts';
import page from '../parts/page.module.css';
import { Prose } from '../parts/prose.tsx';
import { SeverityMark } from '../parts/severity-mark.tsx';
import { StageMark } from './stage-mark.tsx';
import { stages } from './words.ts';

/** Every rule as a sentence, with what it does at its stage. */
export function Rules({ product }: { product: Product }) {
  const rules = product.rules.toSorted((a, b) => stages.indexOf(a.stage) - stages.indexOf(b.stage));
  return (
    <section aria-labelledby="rules-heading">
      <h2 id="rules-heading">Rules</h2>
      {rules.length === 0 && <p className="muted">None; detectors and fault codes may watch it all the same.</p>}
      <ul className={page.list}>
        {rules.map((rule) => (
          <Entry key={rule.id} rule={rule} product={product} />
        ))}
      </ul>
    </section>
  );
}

function Entry({ rule, product }: { rule: RuleItem; product: Product }) {
  const mode = product.failureModes.find(({ id }) => id === rule.failureMode);
  return (
    <li className={page.what}>
      <span className={page.line}>
        <strong>{rule.title}</strong>
        <SeverityMark severity={rule.severity} safety={mode?.safety ?? false} />
        <StageMark stage={rule.stage} />
      </span>
      <span>
        <Prose text={rule.sentence} />
      </span>
    </li>
  );
}
