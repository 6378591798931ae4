const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** "just now", "9 min ago", "4 h ago", "3 d ago"; a date once it is older than four weeks. */
export function agoWords(at: number, now: number): string {
  const age = now - at;
  if (age < minuteMs) return 'just now';
  if (age < hourMs) return `${Math.floor(age / minuteMs)} min ago`;
  if (age < dayMs) return `${Math.floor(age / hourMs)} h ago`;
  if (age < 28 * dayMs) return `${Math.floor(age / dayMs)} d ago`;
  return dateWords(at);
}

/** "45 s", "12 min", "3 h 20 min", "2 d 4 h". */
export function lengthWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(ms / minuteMs);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return joined(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(ms / hourMs);
  return joined(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const clockSeconds = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

export const dateWords = (at: number): string => date.format(at);
export const dayWords = (at: number): string => day.format(at);
export const clockWords = (at: number): string => clock.format(at);
export const clockSecondsWords = (at: number): string => clockSeconds.format(at);
/** "21 Nov 2025, 14:05:30", in the reader's time zone. */
export const momentWords = (at: number): string => `${date.format(at)}, ${clockSeconds.format(at)}`;
/** "21 Nov, 14:05"; with the year where it is not this one. */
export function shortMomentWords(at: number, now = Date.now()): string {
  const thisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return `${(thisYear ? day : date).format(at)}, ${clock.format(at)}`;
}

/** The reader's time zone, "Europe/Oslo". */
export const readersZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

export const epoch = (time: string): number => Date.parse(time);
