import css from './chart.module.css';
import type { ChartSeries } from './series.ts';

/** What the marks mean: those of one chart that are in its picture, or all, once for many charts. */
export function ChartLegend({ series }: { series?: ChartSeries }) {
  const has = (marks: keyof ChartSeries & ('band' | 'firings' | 'episodes' | 'gaps')): boolean =>
    series === undefined || series[marks].length > 0;
  const mean = series === undefined ? 'reading, or mean with lowest and highest' : 'mean, with lowest and highest';
  return (
    <ul className={css.legend} aria-hidden="true">
      <li>
        <i className={css.keyLine} /> {series?.bucketed === false ? 'reading' : mean}
      </li>
      {has('band') && (
        <li>
          <i className={css.keyBand} /> expected for this device
        </li>
      )}
      {has('firings') && (
        <li data-severity={series?.firings[0]?.severity}>
          <i className={css.keyRing} /> fired
        </li>
      )}
      {has('episodes') && (
        <li data-severity={series?.episodes[0]?.severity}>
          <i className={css.keyBar} /> finding held
        </li>
      )}
      {has('gaps') && (
        <li>
          <i className={css.keyGap} /> no readings
        </li>
      )}
    </ul>
  );
}
