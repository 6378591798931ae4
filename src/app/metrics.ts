import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Log } from '../log/index.ts';
import type { LedgerCounts, PipelineView } from '../pipeline/index.ts';

export interface MetricsSources {
  readonly log: Log;
  readonly view: () => PipelineView;
  readonly connections: () => number;
}

const ledgerHelp: Readonly<Record<keyof LedgerCounts, string>> = {
  received: 'Reports that devices sent',
  acknowledged: 'Reports accepted by admission',
  duplicates: 'Reports that had been accepted before',
  quarantined: 'Reports that could not be used',
  stored: 'Reports in the telemetry store',
  evaluated: 'Reports that passed the engine',
  late: 'Reports behind the watermark of their device',
  tooLate: 'Reports beyond the correction horizon',
  conflicts: 'Reports that reused an identity for other content',
  readingsRejected: 'Readings set aside',
};

/** The service's own metrics, for Prometheus. The ledger's are read when they are asked for. */
export function createMetrics(sources: MetricsSources): { readonly text: () => Promise<string> } {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const [name, help] of Object.entries(ledgerHelp)) {
    const counter: Counter = new Counter({
      name: `aftercare_reports_${snakeCase(name)}_total`,
      help,
      registers: [registry],
      collect: () => {
        counter.reset();
        counter.inc(sources.view().fleetLedger()[name as keyof LedgerCounts]);
      },
    });
  }
  gauge(registry, 'aftercare_log_bytes', 'Size of the report log', () => sources.log.bounds().bytes);
  gauge(registry, 'aftercare_log_next_offset', 'Records ever appended to the log', () => sources.log.bounds().next);
  gauge(registry, 'aftercare_mqtt_connections', 'Devices connected', sources.connections);
  gauge(registry, 'aftercare_behind_since_seconds', 'Since when (epoch) the ledger is behind, 0 when it is not', () => {
    return (sources.view().fleetLedger().behindSince ?? 0) / 1_000;
  });
  gauge(registry, 'aftercare_server_lag_records', 'Log records that the telemetry server has not got', () => {
    return sources.view().server()?.lagRecords ?? 0;
  });
  return { text: () => registry.metrics() };
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  const made: Gauge = new Gauge({ name, help, registers: [registry], collect: () => made.set(read()) });
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
