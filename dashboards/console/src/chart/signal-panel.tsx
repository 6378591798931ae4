import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Finding, SeriesRange, SignalSpec } from '../api/model.ts';
import { seriesQuery } from '../api/queries.ts';
import { useDelayed } from '../parts/delayed.ts';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { spanWords } from '../words/numbers.ts';
import { momentWords } from '../words/times.ts';
import { unitWords } from '../words/units.ts';
import css from './chart.module.css';
import { ChartLegend } from './chart-legend.tsx';
import { type PlotSize, plotHeights } from './plot-options.ts';
import { ReadingTable } from './reading-table.tsx';
import { expectedAt, firingAt, pointWords } from './reading-words.ts';
import { type ChartSeries, chartSeries, nearestIndex, within } from './series.ts';
import { SignalChart } from './signal-chart.tsx';

interface SignalPanelProps {
  readonly device: string;
  readonly spec: SignalSpec;
  readonly everyMs: number;
  readonly findings: readonly Finding[];
  readonly range: SeriesRange;
  /** One of many is lower, and the page keeps one legend for all. */
  readonly size?: PlotSize;
  readonly asTable: boolean;
  readonly at: number | null;
  readonly onAt: (at: number | null) => void;
  /** A time was chosen, by click or Enter; epoch ms. */
  readonly onPick?: (at: number) => void;
}

/** One signal: what is read right now in words, then the chart or the table. */
export function SignalPanel(props: SignalPanelProps) {
  const { device, spec, everyMs, findings, range, size = 'full', asTable, at, onAt, onPick } = props;
  const query = useQuery(seriesQuery(device, spec.name, range));
  const late = useDelayed(query.isPending);
  const unit = unitWords(spec.unit);
  const series = useMemo(
    () => (query.data === undefined ? undefined : within(chartSeries(query.data, findings, spec, everyMs), range)),
    [query.data, findings, spec, everyMs, range],
  );
  const title = spec.title.charAt(0).toUpperCase() + spec.title.slice(1);
  return (
    <div className={css.panel}>
      <div className={css.panelHead}>
        <h3>
          {title}
          {unit !== '' && <span className="muted">, {unit}</span>}
        </h3>
        {series !== undefined && <Readout series={series} unit={unit} at={at} />}
      </div>
      {late && <Skeleton height={plotHeights[size]} />}
      {query.isError && (
        <ProblemNotice
          what={`The readings of ${spec.title} could not be read`}
          error={query.error}
          onRetry={query.refetch}
        />
      )}
      {series !== undefined && asTable && <ReadingTable title={spec.title} unit={unit} series={series} />}
      {series !== undefined && !asTable && (
        <>
          <SignalChart
            title={spec.title}
            unit={unit}
            series={series}
            stepped={spec.kind === 'state'}
            size={size}
            range={range}
            at={at}
            onAt={onAt}
            {...(onPick === undefined ? {} : { onPick })}
          />
          {size === 'full' && <ChartLegend series={series} />}
        </>
      )}
    </div>
  );
}

/** The reading under the crosshair; the newest one while nothing is pointed at. */
function Readout(props: { series: ChartSeries; unit: string; at: number | null }) {
  const { series, unit, at } = props;
  const point = at === null ? series.points.at(-1) : series.points[nearestIndex(series.points, at)];
  if (point === undefined) return null;
  const expected = expectedAt(series, point.at);
  const firing = firingAt(series, point);
  return (
    <p className={css.readout}>
      <strong data-severity={firing?.severity}>{pointWords(series, point, unit)}</strong>
      {expected !== undefined && <span>expected {spanWords(expected.low, expected.high)}</span>}
      <time dateTime={new Date(point.at).toISOString()}>{momentWords(point.at)}</time>
    </p>
  );
}
