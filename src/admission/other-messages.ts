import { deviceTopic, type MessageRecord } from '../telemetry/index.ts';
import { type Decoded, decodeReports, type RawReport } from './decode.ts';
import { placeInTime } from './place.ts';
import type { DeviceAdmission } from './state.ts';
import { readReport } from './validate.ts';

/** A device's presence as its status topic tells it: an old boot's will changes nothing. */
export function readStatus(state: DeviceAdmission, payload: Uint8Array): void {
  const status = singleObject(decodeReports(payload));
  if (!status) return;
  const boot = typeof status.boot === 'string' || typeof status.boot === 'number' ? String(status.boot) : undefined;
  if (status.state === 'online') {
    state.online = true;
    state.onlineBoot = boot;
  } else if (
    status.state === 'offline' &&
    (boot === undefined || state.onlineBoot === undefined || boot === state.onlineBoot)
  ) {
    state.online = false;
  }
}

/** What a call for help says. It is never lost for being ill-formed: without a usable stamp it was pressed on arrival. */
export function readAssist(message: MessageRecord): { at: number; note: string } {
  const body = singleObject(decodeReports(message.payload));
  const read = body ? readReport({ at: body.at, faults: [{ code: 'assist' }] }, new Map()) : undefined;
  const at = read?.ok ? read.at : undefined;
  const note = typeof body?.note === 'string' ? body.note.slice(0, 500) : '';
  return { at: placeInTime({ receivedAt: message.receivedAt, at, skewMs: 0 }).at, note };
}

export function messageTopic(message: MessageRecord) {
  return deviceTopic(message.device, message.topic);
}

function singleObject(decoded: Decoded): RawReport | undefined {
  return decoded.ok ? decoded.reports[0] : undefined;
}
