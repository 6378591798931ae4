import type { Product, ProductSignal } from '../api/model.ts';
import page from '../parts/page.module.css';
import { SeverityMark } from '../parts/severity-mark.tsx';
import { spanWords, thinSpace } from '../words/numbers.ts';
import { unitWords } from '../words/units.ts';

/** What its devices report, and which detectors watch it. */
export function Signals({ product }: { product: Product }) {
  return (
    <section aria-labelledby="product-signals">
      <h2 id="product-signals">Signals</h2>
      <ul className={page.list}>
        {product.signals.map((signal) => (
          <li key={signal.name} className={page.what}>
            <span>{signal.title}</span>
            <span className="muted">{factsOf(signal)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** "cabinet_temp · −40 to 60 °C · watched by spread". */
function factsOf({ name, kind, unit, range, watch }: ProductSignal): string {
  const words = unitWords(unit);
  const [low, high] = range ?? [];
  const inUnit = words === '' ? '' : `${thinSpace}${words}`;
  const span = low === undefined || high === undefined ? words : `${spanWords(low, high)}${inUnit}`;
  const watched = watch.length === 0 ? '' : `watched by ${watch.join(', ')}`;
  return [name, kind === 'gauge' ? '' : kind, span, watched].filter(Boolean).join(' · ');
}

/** What may go wrong with it, and what is done then. */
export function FailureModes({ product }: { product: Product }) {
  return (
    <section aria-labelledby="product-modes">
      <h2 id="product-modes">Failure modes</h2>
      <ul className={page.list}>
        {product.failureModes.map((mode) => (
          <li key={mode.id} className={page.what}>
            <span className={page.line}>
              {mode.title}
              <SeverityMark severity={mode.severity} safety={mode.safety} />
            </span>
            <span className="muted">{mode.playbook === null ? 'No playbook' : `Playbook: ${mode.playbook.title}`}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
