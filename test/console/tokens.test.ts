import { describe, expect, it } from 'vitest';
import { contrast } from '../../dashboards/console/src/theme/contrast.ts';
import { palettes } from '../../dashboards/console/src/theme/tokens.ts';

const severities = ['good', 'info', 'minor', 'major', 'critical'] as const;

describe('contrast', () => {
  it('is 21 for black on white, 1 for equal colours, and the same both ways', () => {
    expect(contrast('#000000', '#FFFFFF')).toBeCloseTo(21, 5);
    expect(contrast('#0B7A75', '#0B7A75')).toBe(1);
    expect(contrast('#767676', '#FFFFFF')).toBeCloseTo(4.54, 2);
    expect(contrast('#FFFFFF', '#767676')).toBeCloseTo(4.54, 2);
  });
});

describe.each(Object.entries(palettes))('the %s palette', (_name, palette) => {
  const grounds = ['ground', 'card', 'float', 'hover', 'selected', 'accentTint'] as const;

  it.each(grounds)('has words of at least 4.5:1 on %s', (ground) => {
    for (const words of ['text', 'muted', 'accent'] as const) {
      expect(contrast(palette[words], palette[ground]), words).toBeGreaterThanOrEqual(4.5);
    }
  });

  it.each(grounds)('has control edges and the chart line of at least 3:1 on %s', (ground) => {
    for (const mark of ['edge', 'accent', 'line'] as const) {
      expect(contrast(palette[mark], palette[ground]), mark).toBeGreaterThanOrEqual(3);
    }
  });

  it('has words of at least 4.5:1 on accent buttons', () => {
    expect(contrast(palette.onAccent, palette.accent)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(palette.onAccent, palette.accentHover)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(severities)('has %s words of at least 4.5:1 and marks of at least 3:1 wherever they stand', (severity) => {
    const { mark, text, tint } = palette[severity];
    for (const ground of [tint, ...grounds.map((name) => palette[name])]) {
      expect(contrast(text, ground), `text on ${ground}`).toBeGreaterThanOrEqual(4.5);
      expect(contrast(mark, ground), `mark on ${ground}`).toBeGreaterThanOrEqual(3);
    }
    expect(contrast(palette.text, tint)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(palette.muted, tint)).toBeGreaterThanOrEqual(4.5);
  });
});
