import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { type Clock, secondMs } from '../base/index.ts';
import { type CaseStore, type DeviceTrouble, healthOf, healthStates } from '../cases/index.ts';
import type { Log } from '../log/index.ts';
import type { LedgerCounts, PipelineView } from '../pipeline/index.ts';
import type { StoreSpace } from '../store/index.ts';

export interface MetricsSources {
  readonly log: Pick<Log, 'bounds'>;
  /** The bound of the log on disk. */
  readonly logBytesMax: number;
  readonly storeSpace: () => StoreSpace;
  readonly view: () => Pick<PipelineView, 'fleetLedger'>;
  readonly connections: () => number;
  readonly cases: Pick<CaseStore, 'troubles'>;
  readonly clock: Clock;
}

const troubledStates = healthStates.filter((health) => health !== 'good' && health !== 'unknown');

const ledgerHelp: Readonly<Record<keyof LedgerCounts, string>> = {
  received: 'Reports that devices sent',
  acknowledged: 'Reports accepted by admission',
  duplicates: 'Reports that had been accepted before',
  quarantined: 'Reports that could not be used',
  stored: 'Reports in the telemetry store',
  evaluated: 'Reports that passed the engine',
  late: 'Reports behind the watermark of their device',
  tooLate: 'Reports beyond the correction horizon',
  uncorrected: 'Late reports that could not be judged in their place for another reason',
  conflicts: 'Reports that reused an identity for other content',
  readingsRejected: 'Readings set aside',
};

/** The service's own metrics, for Prometheus. What they count is looked at when they are asked for, once for all. */
export function createMetrics(sources: MetricsSources): { readonly text: () => Promise<string> } {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  let ledger = sources.view().fleetLedger();
  let troubles: readonly DeviceTrouble[] = [];
  for (const [name, help] of Object.entries(ledgerHelp)) {
    const counter: Counter = new Counter({
      name: `aftercare_reports_${snakeCase(name)}_total`,
      help,
      registers: [registry],
      collect: () => {
        counter.reset();
        counter.inc(ledger[name as keyof LedgerCounts]);
      },
    });
  }
  const add = (name: string, help: string, read: () => number) => gauge(registry, name, help, read);
  add('aftercare_log_bytes', 'Size of the report log', () => sources.log.bounds().bytes);
  add('aftercare_log_bytes_max', 'Bound of the report log: at it devices get no acknowledgement', () => {
    return sources.logBytesMax;
  });
  add('aftercare_log_next_offset', 'Records ever appended to the log', () => sources.log.bounds().next);
  add('aftercare_store_bytes', 'What the embedded telemetry store holds', () => sources.storeSpace().bytes);
  add('aftercare_store_bytes_max', 'Bound of the embedded telemetry store, 0 when none is set', () => {
    return sources.storeSpace().bytesMax ?? 0;
  });
  add('aftercare_store_free_bytes', 'Room on the disk of the embedded telemetry store', () => {
    return sources.storeSpace().freeBytes;
  });
  add('aftercare_store_short', '1 while the telemetry store runs out of room, 2 while it takes nothing more', () => {
    const { trouble, full } = sources.storeSpace();
    if (full) return 2;
    return trouble === undefined ? 0 : 1;
  });
  add('aftercare_mqtt_connections', 'Devices connected', sources.connections);
  add('aftercare_devices', 'Devices that ever sent a message', () => ledger.devices);
  add('aftercare_behind_seconds', 'How long the counts of the ledger have not met, 0 when they do', () => {
    return ledger.behindSince === undefined ? 0 : Math.max(0, sources.clock() - ledger.behindSince) / secondMs;
  });
  add('aftercare_report_gaps', 'Stretches of missing report numbers between received ones', () => ledger.gaps.length);
  add('aftercare_reports_missing', 'Reports in those stretches: numbers that never arrived', () => {
    return ledger.gaps.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  });
  add('aftercare_server_lag_records', 'Log records that the telemetry server has not got', () => {
    return ledger.server?.lagRecords ?? 0;
  });
  add('aftercare_server_failing', '1 while the last attempt to write to the telemetry server failed', () => {
    return ledger.server?.trouble === undefined ? 0 : 1;
  });
  add('aftercare_cases_open', 'Cases that are not resolved', () => {
    return troubles.reduce((sum, { openCases }) => sum + openCases, 0);
  });
  const troubled: Gauge = new Gauge({
    name: 'aftercare_devices_troubled',
    help: 'Devices on which something is open, by their health',
    labelNames: ['health'],
    registers: [registry],
    collect: () => {
      for (const health of troubledStates) troubled.set({ health }, 0);
      for (const trouble of troubles) troubled.inc({ health: healthOf('active', trouble) });
    },
  });
  return {
    text: async () => {
      ledger = sources.view().fleetLedger();
      troubles = await sources.cases.troubles();
      return registry.metrics();
    },
  };
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  const made: Gauge = new Gauge({ name, help, registers: [registry], collect: () => made.set(read()) });
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
