import type { Health } from '../api/model.ts';

/** In the order of the tiles: what needs somebody first stands first. */
export const healths: readonly Health[] = ['failing', 'degraded', 'watch', 'silent', 'good', 'unknown'];

export const healthWords: Readonly<Record<Health, string>> = {
  good: 'Good',
  watch: 'Watch',
  degraded: 'Degraded',
  failing: 'Failing',
  silent: 'Silent',
  unknown: 'Unknown',
};

/** Why a device is called so. */
export const healthHelp: Readonly<Record<Health, string>> = {
  failing: 'A critical finding holds, or one about safety',
  degraded: 'A major finding holds',
  watch: 'A lesser finding holds, or a case waits whose findings are over',
  silent: 'No message for longer than its product allows',
  good: 'Nothing is open',
  unknown: 'No report yet, or retired',
};
