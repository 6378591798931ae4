import { spanWords } from '../words/numbers.ts';
import { lengthWords, momentWords } from '../words/times.ts';
import css from './chart.module.css';
import { expectedAt, firingAt, pointWords } from './reading-words.ts';
import type { ChartSeries, Point } from './series.ts';

interface ReadingTableProps {
  readonly title: string;
  readonly unit: string;
  readonly series: ChartSeries;
}

/** The chart's data as a table, newest first: what is true now stands on top. */
export function ReadingTable({ title, unit, series }: ReadingTableProps) {
  if (series.points.length === 0) return <p className="muted">No readings in this range</p>;
  const gapBefore = new Map(series.gaps.map((gap) => [gap.to, gap]));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section className={css.tableScroll} aria-label={`Readings of ${title}`} tabIndex={0}>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">{unit === '' ? 'Reading' : `Reading, ${unit}`}</th>
            {series.bucketed && <th scope="col">Lowest to highest</th>}
            <th scope="col">Expected</th>
          </tr>
        </thead>
        <tbody>
          {series.points.toReversed().flatMap((point) => {
            const gap = gapBefore.get(point.at);
            const row = <Row key={point.at} series={series} point={point} />;
            if (gap === undefined) return [row];
            return [
              row,
              <tr key={`gap ${gap.from}`} className={css.gapRow}>
                <td colSpan={series.bucketed ? 4 : 3}>No readings for {lengthWords(gap.to - gap.from)}</td>
              </tr>,
            ];
          })}
        </tbody>
      </table>
    </section>
  );
}

function Row({ series, point }: { series: ChartSeries; point: Point }) {
  const expected = expectedAt(series, point.at);
  const firing = firingAt(series, point);
  return (
    <tr data-severity={firing?.severity}>
      <th scope="row">{momentWords(point.at)}</th>
      <td>
        {pointWords(series, point, '')}
        {firing !== undefined && <span className={css.fired}> fired</span>}
        {point.count > 1 && !series.switches && <span className="muted"> mean of {point.count}</span>}
      </td>
      {series.bucketed && <td>{spanWords(point.min, point.max)}</td>}
      <td>{expected === undefined ? '' : spanWords(expected.low, expected.high)}</td>
    </tr>
  );
}
