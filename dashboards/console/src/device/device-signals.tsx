import { Button, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { Device, Finding, Product, SeriesRange } from '../api/model.ts';
import { useShortcuts } from '../app/shortcuts.ts';
import charts from '../chart/chart.module.css';
import { ChartLegend } from '../chart/chart-legend.tsx';
import { type DevicePreset, devicePresets, presetWords } from '../chart/range.ts';
import { SignalPanel } from '../chart/signal-panel.tsx';
import { ChartIcon, TableIcon } from '../parts/icons.tsx';
import { readersZone } from '../words/times.ts';
import css from './device.module.css';

interface DeviceSignalsProps {
  readonly device: Device;
  readonly product: Product;
  readonly findings: readonly Finding[];
  readonly range: SeriesRange;
  readonly preset: DevicePreset;
  readonly onPreset: (preset: DevicePreset) => void;
  /** A time was chosen in a chart; epoch ms. */
  readonly onPick: (at: number) => void;
}

/** Every signal of the device over the same stretch of its time; the crosshair reads all of them at once. */
export function DeviceSignals({ device, product, findings, range, preset, onPreset, onPick }: DeviceSignalsProps) {
  const [asTable, setAsTable] = useState(false);
  const [at, setAt] = useState<number | null>(null);
  useShortcuts({ t: () => setAsTable((table) => !table) });
  const drawn = product.signals.filter((spec) => spec.type !== 'string');
  const words = product.signals.filter((spec) => spec.type === 'string');
  if (device.watermark === null) {
    return (
      <section aria-labelledby="signals-heading">
        <h2 id="signals-heading">Signals</h2>
        <p className="muted">
          No report yet. It publishes them over MQTT to <code>devices/{device.id}/reports</code>, with its id as client
          id and user name and its secret as password.
        </p>
      </section>
    );
  }
  return (
    <section aria-labelledby="signals-heading">
      <h2 id="signals-heading">Signals</h2>
      <div className={charts.tools}>
        <SegmentedControl
          size="xs"
          aria-label="Range"
          value={preset}
          onChange={onPreset}
          data={devicePresets.map((value) => ({ value, label: presetWords[value] }))}
        />
        <Button
          size="xs"
          variant="default"
          leftSection={asTable ? <ChartIcon /> : <TableIcon />}
          onClick={() => setAsTable(!asTable)}
        >
          {asTable ? 'Charts' : 'Tables'}
        </Button>
        <span className={charts.zone}>Times in {readersZone()}</span>
      </div>
      <div className={css.multiples}>
        {drawn.map((spec) => (
          <SignalPanel
            key={spec.name}
            device={device.id}
            spec={spec}
            everyMs={product.everyMs}
            findings={findings}
            range={range}
            size="small"
            asTable={asTable}
            at={at}
            onAt={setAt}
            onPick={onPick}
          />
        ))}
      </div>
      {!asTable && drawn.length > 0 && (
        <div className={css.keys}>
          <ChartLegend />
        </div>
      )}
      {words.length > 0 && (
        <p className={css.aside}>Told in words and not drawn: {words.map((spec) => spec.title).join(', ')}.</p>
      )}
    </section>
  );
}
