/** What a device may publish to below `devices/{id}/`. */
export type DeviceTopic =
  | { readonly kind: 'reports' | 'status' | 'assist' }
  | { readonly kind: 'command-result'; readonly command: string }
  | { readonly kind: 'forbidden' };

const forbidden: DeviceTopic = { kind: 'forbidden' };
const reports: DeviceTopic = { kind: 'reports' };
const [top, reportsLevel] = ['devices/', '/reports'];

/** What `topic` means when `device` publishes to it: one of its own topics, or forbidden. */
export function deviceTopic(device: string, topic: string): DeviceTopic {
  if (isReportsTopic(device, topic)) return reports;
  const own = `${top}${device}/`;
  if (!topic.startsWith(own)) return forbidden;
  const rest = topic.slice(own.length);
  if (rest === 'status' || rest === 'assist') return { kind: rest };
  const [commands, command, result, ...more] = rest.split('/');
  if (commands === 'commands' && command && result === 'result' && more.length === 0) {
    return { kind: 'command-result', command };
  }
  return forbidden;
}

/** By its parts: this is asked of every report, and a text made to compare with would cost more than the comparison. */
function isReportsTopic(device: string, topic: string): boolean {
  return (
    topic.length === top.length + device.length + reportsLevel.length &&
    topic.endsWith(reportsLevel) &&
    topic.startsWith(top) &&
    topic.startsWith(device, top.length)
  );
}

export const reportsTopic = (device: string): string => `devices/${device}/reports`;
export const rejectedTopic = (device: string): string => `devices/${device}/rejected`;
export const commandsTopic = (device: string): string => `devices/${device}/commands`;
