import type { FindingEvent } from '../findings/index.ts';
import type { ProductPack } from '../product/index.ts';
import type { Report } from '../telemetry/index.ts';
import type { DeviceState } from './device-state.ts';
import { type Cause, clear, raise } from './episode.ts';

/** What a device says is wrong: listed codes with a failure mode open cases, the others are findings. */
export function judgeFaultCodes(state: DeviceState, pack: ProductPack, cause: Cause, report: Report): FindingEvent[] {
  const events: (FindingEvent | undefined)[] = [];
  for (const { code, active } of report.faults) {
    const source = `fault:${code}`;
    if (!active) {
      events.push(clear(state, source, cause, { endsAt: report.at }));
      continue;
    }
    const spec = pack.faultCodes.find((item) => item.code === code);
    const name = spec ? `${code} (${spec.title})` : `${code}, which the product pack does not list`;
    events.push(
      raise(state, pack, cause, {
        source,
        signal: undefined,
        failureMode: spec?.failureMode ?? 'anomaly',
        title: spec && !spec.failureMode ? spec.title : undefined,
        severity: spec?.severity ?? 'info',
        safety: spec?.safety ?? false,
        opensCase: spec?.failureMode !== undefined,
        startsAt: report.at,
        openedAt: report.at,
        explanation: `The device reports fault code ${name}.`,
        evidence: [],
      }),
    );
  }
  return events.filter((event) => event !== undefined);
}
