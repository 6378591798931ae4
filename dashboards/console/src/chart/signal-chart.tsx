import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { type KeyboardEvent, type PointerEvent, useEffect, useId, useRef, useState } from 'react';
import uPlot from 'uplot';
import { palettes } from '../theme/tokens.ts';
import css from './chart.module.css';
import { type PlotSize, plotData, plotHeights, plotOptions } from './plot-options.ts';
import { readingWords, summaryWords } from './reading-words.ts';
import { type ChartSeries, nearestIndex } from './series.ts';
import { nextIndex } from './steps.ts';

interface SignalChartProps {
  readonly title: string;
  readonly unit: string;
  readonly series: ChartSeries;
  readonly stepped: boolean;
  readonly size: PlotSize;
  readonly range: { readonly from: number | undefined; readonly to: number | undefined };
  /** The time that is being read, the same in every chart of the page; epoch ms. */
  readonly at: number | null;
  readonly onAt: (at: number | null) => void;
  readonly onPick?: (at: number) => void;
}

/**
 * The line with its band, rings, episodes and gaps. Read by pointer, or by arrow keys: to assistive technology it is a
 * slider along the readings whose value is the reading in words.
 */
export function SignalChart(props: SignalChartProps) {
  const { title, unit, series, at, onAt, onPick } = props;
  const { ref, width } = useElementSize();
  const { host, plot } = usePlot(props, Math.floor(width));
  const summary = useId();
  const index = at === null ? series.points.length - 1 : nearestIndex(series.points, at);
  const point = series.points[index];

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape' && at !== null) {
      event.stopPropagation();
      event.preventDefault();
      event.nativeEvent.stopImmediatePropagation();
      onAt(null);
      return;
    }
    if (event.key === 'Enter' && at !== null) {
      onPick?.(at);
      return;
    }
    const next = nextIndex(series, at === null ? undefined : index, event.key, event.shiftKey);
    if (next === undefined) return;
    event.preventDefault();
    onAt(series.points[next]?.at ?? null);
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>): void => {
    if (plot === null) return;
    const box = plot.over.getBoundingClientRect();
    const nearest = nearestIndex(series.points, plot.posToVal(event.clientX - box.left, 'x') * 1000);
    onAt(series.points[nearest]?.at ?? null);
  };
  return (
    <div className={css.chart} ref={ref}>
      <div
        role="slider"
        tabIndex={0}
        className={css.plot}
        aria-label={`Readings of ${title}`}
        aria-describedby={summary}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, series.points.length - 1)}
        aria-valuenow={Math.max(0, index)}
        aria-valuetext={point === undefined ? 'no readings' : readingWords(series, point, unit)}
        style={{ height: plotHeights[props.size] }}
        onKeyDown={onKeyDown}
        onPointerMove={onPointerMove}
        onPointerLeave={() => onAt(null)}
        onClick={() => at !== null && onPick?.(at)}
      >
        <div ref={host} aria-hidden="true" />
        {plot !== null && at !== null && point !== undefined && (
          <Crosshair plot={plot} at={point.at} value={point.mean} />
        )}
        {series.points.length === 0 && <p className={css.noReadings}>No readings in this range</p>}
      </div>
      <p id={summary} className="visually-hidden">
        {summaryWords(series, title, unit)}
      </p>
    </div>
  );
}

function usePlot(props: SignalChartProps, width: number) {
  const { series, stepped, range, size } = props;
  const palette = palettes[useComputedColorScheme('light')];
  const host = useRef<HTMLDivElement>(null);
  const [plot, setPlot] = useState<uPlot | null>(null);
  useEffect(() => {
    if (host.current === null || width === 0) return;
    const made = new uPlot(
      plotOptions({ series, palette, width, size, stepped, range }),
      plotData(series),
      host.current,
    );
    setPlot(made);
    return () => {
      setPlot(null);
      made.destroy();
    };
  }, [series, palette, width, size, stepped, range]);
  return { host, plot };
}

/** Drawn over the plot, so that moving it repaints nothing. */
function Crosshair({ plot, at, value }: { plot: uPlot; at: number; value: number }) {
  const left = plot.over.offsetLeft + plot.valToPos(at / 1000, 'x');
  const top = plot.over.offsetTop;
  const height = plot.over.clientHeight;
  if (left < plot.over.offsetLeft || left > plot.over.offsetLeft + plot.over.clientWidth) return null;
  return (
    <>
      <span className={css.crosshair} style={{ left, top, height }} />
      <span className={css.crosshairDot} style={{ left, top: top + plot.valToPos(value, 'y') }} />
    </>
  );
}
