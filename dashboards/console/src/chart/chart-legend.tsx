import css from './chart.module.css';

/** What the marks of many charts mean, once for all of them. */
export function ChartLegend() {
  return (
    <ul className={css.legend} aria-hidden="true">
      <li>
        <i className={css.keyLine} /> reading, or mean with lowest and highest
      </li>
      <li>
        <i className={css.keyBand} /> expected for this device
      </li>
      <li>
        <i className={css.keyRing} /> fired
      </li>
      <li>
        <i className={css.keyBar} /> finding held
      </li>
      <li>
        <i className={css.keyGap} /> no readings
      </li>
    </ul>
  );
}
