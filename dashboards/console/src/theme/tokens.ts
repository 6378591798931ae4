/**
 * Every colour, size and time of the console. Mantine's theme, the CSS variables and the charts are made from this file;
 * nothing else names a colour. The contrast of the pairs that meet on screen is held by a test.
 */

export interface SeverityColours {
  /** The shape, rings and bars: at least 3:1 on ground, card and tint. */
  readonly mark: string;
  /** Words: at least 4.5:1 on ground, card and tint. */
  readonly text: string;
  readonly tint: string;
}

export interface Palette {
  readonly ground: string;
  readonly card: string;
  /** What floats: menus, dialogs. */
  readonly float: string;
  /** Hover of rows and quiet buttons. */
  readonly hover: string;
  /** The row that is open. */
  readonly selected: string;
  readonly text: string;
  readonly muted: string;
  /** Separates; carries no meaning, so it may be faint. */
  readonly hairline: string;
  /** Edges of inputs and outlined buttons: at least 3:1. */
  readonly edge: string;
  readonly accent: string;
  readonly accentHover: string;
  readonly accentTint: string;
  readonly onAccent: string;
  /** The chart's line, and the tint of it that is the expected band. */
  readonly line: string;
  readonly band: string;
  readonly hatch: string;
  readonly shadow: string;
  readonly backdrop: string;
  /** A device on which nothing is open. */
  readonly good: SeverityColours;
  readonly info: SeverityColours;
  readonly minor: SeverityColours;
  readonly major: SeverityColours;
  readonly critical: SeverityColours;
}

export const palettes: Readonly<Record<'light' | 'dark', Palette>> = {
  light: {
    ground: '#FBFBFC',
    card: '#FFFFFF',
    float: '#FFFFFF',
    hover: '#F2F4F6',
    selected: '#E9F3F2',
    text: '#171B21',
    muted: '#59626E',
    hairline: '#E4E7EB',
    edge: '#7E8793',
    accent: '#0B7A75',
    accentHover: '#096661',
    accentTint: '#E9F5F4',
    onAccent: '#FFFFFF',
    line: '#171B21',
    band: 'rgba(23, 27, 33, 0.12)',
    hatch: 'rgba(89, 98, 110, 0.32)',
    shadow: '0 8px 28px rgba(16, 24, 40, 0.14), 0 1px 3px rgba(16, 24, 40, 0.10)',
    backdrop: 'rgba(16, 20, 26, 0.40)',
    good: { mark: '#3B8A57', text: '#27673E', tint: '#E8F4EC' },
    info: { mark: '#5B7895', text: '#40607F', tint: '#EAF0F6' },
    minor: { mark: '#A87400', text: '#785200', tint: '#FAF0D9' },
    major: { mark: '#CC5A0B', text: '#96400A', tint: '#FCEBDF' },
    critical: { mark: '#D02B2B', text: '#A61C1C', tint: '#FCE9E8' },
  },
  dark: {
    ground: '#0E1116',
    card: '#151A21',
    float: '#1B212A',
    hover: '#1A2029',
    selected: '#14282B',
    text: '#E7EAEE',
    muted: '#9AA4B0',
    hairline: '#252C36',
    edge: '#6C7785',
    accent: '#39C2B8',
    accentHover: '#55D0C7',
    accentTint: '#12292C',
    onAccent: '#06201E',
    line: '#E7EAEE',
    band: 'rgba(231, 234, 238, 0.12)',
    hatch: 'rgba(154, 164, 176, 0.30)',
    shadow: '0 10px 32px rgba(0, 0, 0, 0.55), 0 0 0 1px #2B333E',
    backdrop: 'rgba(4, 6, 9, 0.60)',
    good: { mark: '#5FB57E', text: '#93D3AA', tint: '#15261C' },
    info: { mark: '#7D9FC1', text: '#A9C5E1', tint: '#18232F' },
    minor: { mark: '#DDA62C', text: '#EEC564', tint: '#2A2314' },
    major: { mark: '#EE873F', text: '#FFAE78', tint: '#2E1F14' },
    critical: { mark: '#F06261', text: '#FF9F9D', tint: '#331A1B' },
  },
};

/** Sizes in px; a 4 px grid. */
export const sizes = {
  radius: 6,
  row: 56,
  rail: 88,
  /** From this width on, list and case stand side by side. */
  splitFrom: 900,
} as const;

/** size/line height in px, weight. */
export const type = {
  family: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', sans-serif",
  body: { size: 13, line: 20, weight: 450 },
  meta: { size: 12, line: 16, weight: 450 },
  sentence: { size: 15, line: 22, weight: 450 },
  title: { size: 20, line: 28, weight: 600 },
  axis: { size: 11 },
} as const;

/** Never longer than this; none where the system asks for less motion. */
export const motionMs = 120;
