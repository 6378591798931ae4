import { Button, SegmentedControl } from '@mantine/core';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import type { CaseDetail, Device, Evidence, Finding, Product, SignalSpec } from '../api/model.ts';
import { findingsQuery } from '../api/queries.ts';
import { useShortcuts } from '../app/shortcuts.ts';
import { Sentence } from '../case/sentence.tsx';
import { ChartIcon, TableIcon } from '../parts/icons.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { epoch, readersZone } from '../words/times.ts';
import css from './chart.module.css';
import { chartRange, type EpisodeFacts, type Preset, presets, presetWords } from './range.ts';
import { SignalPanel } from './signal-panel.tsx';

interface ChartSectionProps {
  readonly item: CaseDetail;
  readonly device: UseQueryResult<Device>;
  readonly product: UseQueryResult<Product>;
}

const noFindings: readonly Finding[] = [];

/** Why this case: the sentence, and the readings that it speaks of. */
export function ChartSection({ item, device, product }: ChartSectionProps) {
  const findings = useQuery(findingsQuery(item.id));
  const [preset, setPreset] = useState<Preset>('episode');
  const [asTable, setAsTable] = useState(false);
  const [at, setAt] = useState<number | null>(null);
  const drawn = item.signals.map((name) => specOf(product.data, name)).filter((spec) => spec.type !== 'string');
  useShortcuts({ t: () => setAsTable((table) => !table) });

  const known = findings.data?.items ?? noFindings;
  const range = useRange(preset, episodeFacts(item, known, device.data, product.data));
  const onReading = useCallback((reading: Evidence) => {
    setAsTable(false);
    setAt(epoch(reading.at));
  }, []);
  return (
    <section aria-labelledby="why-heading" className={css.section}>
      <h2 id="why-heading" className="visually-hidden">
        Why this case
      </h2>
      <Sentence text={item.explanation} evidence={item.evidence} onReading={onReading} />
      {product.isError && (
        <ProblemNotice what="The product's facts could not be read" error={product.error} onRetry={product.refetch} />
      )}
      {findings.isError && (
        <ProblemNotice what="The findings could not be read" error={findings.error} onRetry={findings.refetch} />
      )}
      {drawn.length > 0 && product.data !== undefined && !device.isPending && (
        <>
          <div className={css.tools}>
            <SegmentedControl
              size="xs"
              aria-label="Range"
              value={preset}
              onChange={setPreset}
              data={presets.map((value) => ({ value, label: presetWords[value] }))}
            />
            <Button
              size="xs"
              variant="default"
              leftSection={asTable ? <ChartIcon /> : <TableIcon />}
              onClick={() => setAsTable(!asTable)}
            >
              {asTable ? 'Chart' : 'Table'}
            </Button>
            <span className={css.zone}>Times in {readersZone()}</span>
          </div>
          {drawn.map((spec) => (
            <SignalPanel
              key={spec.name}
              device={item.device}
              spec={spec}
              everyMs={product.data.everyMs}
              findings={known}
              range={range}
              asTable={asTable}
              at={at}
              onAt={setAt}
            />
          ))}
        </>
      )}
    </section>
  );
}

/** A signal that the product no longer lists is still drawn, by its name. */
function specOf(product: Product | undefined, name: string): SignalSpec {
  const listed = product?.signals.find((signal) => signal.name === name);
  return listed ?? { name, title: name.replaceAll('_', ' '), kind: 'gauge', unit: null, type: 'number' };
}

function episodeFacts(
  item: CaseDetail,
  findings: readonly Finding[],
  device: Device | undefined,
  product: Product | undefined,
): EpisodeFacts {
  const ends = findings.map((finding) => (finding.endsAt === null ? undefined : epoch(finding.endsAt)));
  const over = ends.length > 0 && ends.every((end) => end !== undefined);
  return {
    startsAt: epoch(item.startsAt),
    endsAt: over ? Math.max(...ends) : undefined,
    watermark: device?.watermark == null ? undefined : epoch(device.watermark),
    everyMs: product?.everyMs ?? 60_000,
  };
}

/** The same object while its ends are the same: a chart is not drawn anew for nothing. */
function useRange(preset: Preset, facts: EpisodeFacts) {
  const { from, to } = chartRange(preset, facts);
  return useMemo(() => ({ from, to }), [from, to]);
}
