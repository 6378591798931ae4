import { expect, it } from 'vitest';
import { createMetrics } from '../../src/app/metrics.ts';
import type { DeviceTrouble } from '../../src/cases/index.ts';

const trouble = (changes: Partial<DeviceTrouble>): DeviceTrouble => ({
  device: 'fridge-1',
  openCases: 1,
  openFindings: 1,
  worst: 'major',
  safety: false,
  silent: false,
  ...changes,
});

const space = { bytes: 77, bytesMax: 100, freeBytes: 900, freeBytesMin: 10, trouble: undefined, full: false };

it('tells what an operator asks, looked at once each time', async () => {
  const counts = { received: 9, acknowledged: 7, duplicates: 1, quarantined: 1, stored: 6, evaluated: 5 };
  const more = { late: 0, tooLate: 2, uncorrected: 1, conflicts: 0, readingsRejected: 0, devices: 3 };
  const gap = { device: 'fridge-1', boot: 'b1' };
  const gaps = [
    { ...gap, from: 4, to: 6 },
    { ...gap, from: 9, to: 9 },
  ];
  const server = { lagRecords: 40, behindSince: 5_000, estimateMs: undefined, trouble: 'cannot be reached' };
  let looks = 0;
  const metrics = createMetrics({
    log: { bounds: () => ({ first: 0, next: 12, bytes: 345 }) },
    logBytesMax: 1_000,
    storeSpace: () => space,
    view: () => ({
      fleetLedger: () => {
        looks += 1;
        return { ...counts, ...more, gaps, behindSince: 5_000, server };
      },
    }),
    connections: () => 2,
    clock: () => 12_500,
    cases: {
      troubles: async () => [
        trouble({}),
        trouble({ openCases: 2 }),
        trouble({ silent: true }),
        trouble({ safety: true }),
      ],
    },
  });
  looks = 0;
  const lines = (await metrics.text()).split('\n');
  expect(looks).toBe(1);
  for (const line of [
    'aftercare_reports_received_total 9',
    'aftercare_reports_too_late_total 2',
    'aftercare_reports_uncorrected_total 1',
    'aftercare_log_bytes 345',
    'aftercare_log_bytes_max 1000',
    'aftercare_log_next_offset 12',
    'aftercare_store_bytes 77',
    'aftercare_store_bytes_max 100',
    'aftercare_store_free_bytes 900',
    'aftercare_store_short 0',
    'aftercare_mqtt_connections 2',
    'aftercare_devices 3',
    'aftercare_behind_seconds 7.5',
    'aftercare_report_gaps 2',
    'aftercare_reports_missing 4',
    'aftercare_server_lag_records 40',
    'aftercare_server_failing 1',
    'aftercare_cases_open 5',
    'aftercare_devices_troubled{health="degraded"} 2',
    'aftercare_devices_troubled{health="silent"} 1',
    'aftercare_devices_troubled{health="failing"} 1',
    'aftercare_devices_troubled{health="watch"} 0',
  ]) {
    expect(lines).toContain(line);
  }
  // Again: counters are told anew, not added up.
  expect(await metrics.text()).toContain('aftercare_reports_received_total 9\n');
});
