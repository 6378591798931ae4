import {
  type CSSVariablesResolver,
  createTheme,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from '@mantine/core';
import { motionMs, type Palette, palettes, type SeverityColours, sizes, type as typography } from './tokens.ts';

/** Mantine wants ten shades; ours is one colour a theme, so the tuple is only what Mantine falls back to. */
const accent: MantineColorsTuple = [
  palettes.light.accentTint,
  palettes.light.accentTint,
  palettes.dark.accentHover,
  palettes.dark.accentHover,
  palettes.dark.accent,
  palettes.dark.accent,
  palettes.light.accent,
  palettes.light.accent,
  palettes.light.accentHover,
  palettes.light.accentHover,
];

const { light, dark } = palettes;

/** Mantine's greys, light to dark; what it takes from where is its own: 4 is the edge of inputs. */
const gray: MantineColorsTuple = [
  light.hover,
  light.hover,
  light.hairline,
  light.hairline,
  light.edge,
  light.edge,
  light.muted,
  light.muted,
  light.text,
  light.text,
];

/** Mantine's dark greys: 0 is text, 4 the edge of inputs, 6 what floats, 7 the page. */
const darkGray: MantineColorsTuple = [
  dark.text,
  dark.text,
  dark.muted,
  dark.muted,
  dark.edge,
  dark.hover,
  dark.card,
  dark.ground,
  dark.ground,
  dark.ground,
];

const variantColours: VariantColorsResolver = ({ variant }) => {
  if (variant === 'filled') {
    return {
      background: 'var(--ac-accent)',
      hover: 'var(--ac-accent-hover)',
      color: 'var(--ac-on-accent)',
      border: '1px solid transparent',
      hoverColor: 'var(--ac-on-accent)',
    };
  }
  const quiet = variant === 'subtle' || variant === 'transparent';
  return {
    background: quiet ? 'transparent' : 'var(--ac-card)',
    hover: 'var(--ac-hover)',
    color: 'var(--ac-text)',
    border: quiet ? '1px solid transparent' : '1px solid var(--ac-edge)',
    hoverColor: 'var(--ac-text)',
  };
};

export const theme = createTheme({
  colors: { accent, gray, dark: darkGray },
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 4 },
  variantColorResolver: variantColours,
  fontFamily: typography.family,
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '13px', lg: '15px', xl: '20px' },
  lineHeights: { xs: '16px', sm: '20px', md: '20px', lg: '22px', xl: '28px' },
  radius: { xs: '3px', sm: '6px', md: '6px', lg: '6px', xl: '6px' },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  headings: { fontFamily: typography.family, fontWeight: '600' },
});

/** The `--ac-…` variables of a palette, and Mantine's own pointed at them. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {
    '--ac-radius': `${sizes.radius}px`,
    '--ac-row': `${sizes.row}px`,
    '--ac-rail': `${sizes.rail}px`,
    '--ac-motion': `${motionMs}ms`,
    '--ac-body': font(typography.body),
    '--ac-meta': font(typography.meta),
    '--ac-sentence': font(typography.sentence),
    '--ac-title': font(typography.title),
  },
  light: paletteVariables(palettes.light),
  dark: paletteVariables(palettes.dark),
});

function font(style: { size: number; line: number; weight: number }): string {
  return `${style.weight} ${style.size}px/${style.line}px ${typography.family}`;
}

function paletteVariables(palette: Palette): Record<string, string> {
  const variables: Record<string, string> = {
    '--mantine-color-body': palette.ground,
    '--mantine-color-text': palette.text,
    '--mantine-color-dimmed': palette.muted,
    '--mantine-color-placeholder': palette.muted,
    '--mantine-color-default': palette.card,
    '--mantine-color-default-hover': palette.hover,
    '--mantine-color-default-color': palette.text,
    '--mantine-color-default-border': palette.edge,
    '--mantine-color-error': palette.critical.text,
    '--mantine-color-anchor': palette.accent,
    '--mantine-primary-color-filled': palette.accent,
    '--mantine-primary-color-contrast': palette.onAccent,
    '--mantine-shadow-md': palette.shadow,
    '--mantine-shadow-xl': palette.shadow,
  };
  for (const [name, value] of Object.entries<string | SeverityColours>({ ...palette })) {
    if (typeof value === 'string') {
      variables[`--ac-${kebab(name)}`] = value;
    } else {
      variables[`--ac-${name}-mark`] = value.mark;
      variables[`--ac-${name}-text`] = value.text;
      variables[`--ac-${name}-tint`] = value.tint;
    }
  }
  return variables;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
