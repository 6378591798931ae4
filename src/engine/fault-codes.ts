import type { FindingEvent } from '../findings/index.ts';
import type { ProductPack } from '../product/index.ts';
import type { Report } from '../telemetry/index.ts';
import type { DeviceState } from './device-state.ts';
import { type Cause, clear, raise } from './episode.ts';

/** Unlisted codes that may hold at once; a device that invents codes would grow for ever. */
const unlistedMax = 100;

const noEvents: readonly FindingEvent[] = [];

/** What a device says is wrong: listed codes with a failure mode open cases, the others are findings. */
export function judgeFaultCodes(
  state: DeviceState,
  pack: ProductPack,
  cause: Cause,
  report: Report,
): readonly FindingEvent[] {
  if (report.faults.length === 0) return noEvents;
  const events: (FindingEvent | undefined)[] = [];
  for (const { code, active } of report.faults) {
    const source = `fault:${code}`;
    if (!active) {
      events.push(clear(state, source, cause, { endsAt: report.at }));
      continue;
    }
    const spec = pack.faultCodes.find((item) => item.code === code);
    if (!spec && !state.open[source]) events.push(makeRoom(state, pack, cause));
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

/** The oldest unlisted code makes room for a new one. */
function makeRoom(state: DeviceState, pack: ProductPack, cause: Cause): FindingEvent | undefined {
  const listed = new Set(pack.faultCodes.map(({ code }) => `fault:${code}`));
  const held = Object.keys(state.open).filter((source) => source.startsWith('fault:') && !listed.has(source));
  const [oldest] = held;
  if (oldest === undefined || held.length < unlistedMax) return undefined;
  const explanation = `More than ${unlistedMax} fault codes that the pack does not list are active; the oldest is let go.`;
  return clear(state, oldest, cause, { endsAt: cause.at, explanation });
}
