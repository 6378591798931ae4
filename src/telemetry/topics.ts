/** What a device may publish to below `devices/{id}/`. */
export type DeviceTopic =
  | { readonly kind: 'reports' | 'status' | 'assist' }
  | { readonly kind: 'command-result'; readonly command: string }
  | { readonly kind: 'forbidden' };

const forbidden: DeviceTopic = { kind: 'forbidden' };
const reports: DeviceTopic = { kind: 'reports' };

/** What `topic` means when `device` publishes to it: one of its own topics, or forbidden. */
export function deviceTopic(device: string, topic: string): DeviceTopic {
  const own = `devices/${device}/`;
  if (!topic.startsWith(own)) return forbidden;
  const rest = topic.slice(own.length);
  if (rest === 'reports') return reports;
  if (rest === 'status' || rest === 'assist') return { kind: rest };
  const [commands, command, result, ...more] = rest.split('/');
  if (commands === 'commands' && command && result === 'result' && more.length === 0) {
    return { kind: 'command-result', command };
  }
  return forbidden;
}

export const reportsTopic = (device: string): string => `devices/${device}/reports`;
export const rejectedTopic = (device: string): string => `devices/${device}/rejected`;
export const commandsTopic = (device: string): string => `devices/${device}/commands`;
