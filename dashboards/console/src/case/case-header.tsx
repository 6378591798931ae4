import { Link } from '@tanstack/react-router';
import type { CaseDetail, Device, Product } from '../api/model.ts';
import { useNow } from '../app/use-now.ts';
import page from '../parts/page.module.css';
import { SeverityMark } from '../parts/severity-mark.tsx';
import { countedWords, stateWords, verdictWords } from '../words/cases.ts';
import { agoWords, epoch, lengthWords, momentWords, shortMomentWords } from '../words/times.ts';
import css from './case.module.css';
import { CaseActions } from './case-actions.tsx';

interface CaseHeaderProps {
  readonly item: CaseDetail;
  readonly device: Device | undefined;
  readonly product: Product | undefined;
}

export function CaseHeader({ item, device, product }: CaseHeaderProps) {
  return (
    <header className={css.header}>
      <div className={css.headline}>
        <p className={page.line}>
          <SeverityMark severity={item.severity} safety={item.safety} badge />
          <span className="muted">Case #{item.number}</span>
          <span className={css.state}>{stateWords[item.state]}</span>
          {item.owner !== null && <span className="muted">{item.owner}</span>}
        </p>
        <h1 id="case-title" className={css.title} tabIndex={-1}>
          {item.title}
        </h1>
        <p className="muted">
          {product?.title ?? item.product} ·{' '}
          <Link to="/devices/$deviceId" params={{ deviceId: item.device }} search={{}}>
            {item.device}
          </Link>
          {device?.site != null && <> · {device.site}</>}
        </p>
      </div>
      <CaseActions item={item} />
      <Times item={item} watermark={device?.watermark ?? null} />
      {item.recurrenceOf !== null && (
        <p>
          It came back:{' '}
          <Link to="/cases/$caseId" params={{ caseId: item.recurrenceOf }} search={true}>
            see the case before
          </Link>
          .
        </p>
      )}
      {item.state === 'resolved' && <Outcome item={item} />}
    </header>
  );
}

/** When it began and how long it has held, in the device's time; when the case was opened, in the service's. */
function Times({ item, watermark }: { item: CaseDetail; watermark: string | null }) {
  const now = useNow();
  const startsAt = epoch(item.startsAt);
  const lasted = watermark === null ? 0 : epoch(watermark) - startsAt;
  return (
    <p className={page.facts}>
      <span>
        Began <time dateTime={item.startsAt}>{shortMomentWords(startsAt)}</time>
        {item.findingsOpen > 0 && lasted > 0 && <>, holds for {lengthWords(lasted)}</>}
        {item.findingsOpen === 0 && item.findings > 0 && ', over now'}
      </span>
      <span>
        Opened{' '}
        <time dateTime={item.createdAt} title={momentWords(epoch(item.createdAt))}>
          {agoWords(epoch(item.createdAt), now)}
        </time>
      </span>
      {item.findings > 1 && <span>{countedWords(item)}</span>}
    </p>
  );
}

function Outcome({ item }: { item: CaseDetail }) {
  return (
    <p className={css.outcome}>
      <strong>{item.verdict === null ? 'Resolved' : verdictWords(item.verdict)}</strong>
      {item.resolvedAt !== null && <span className="muted"> · {shortMomentWords(epoch(item.resolvedAt))}</span>}
      {item.note !== null && item.note !== '' && <span className={css.note}>{item.note}</span>}
    </p>
  );
}
