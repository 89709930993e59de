import { createTheme } from '@mantine/core';
import { coral, lagoon, lamp, mist, night } from './palette.ts';

const fonts =
  "-apple-system, BlinkMacSystemFont, 'Segoe UI', Inter, Roboto, 'Noto Sans', Cantarell, Ubuntu, 'Liberation Sans', " +
  "'DejaVu Sans Condensed', system-ui, sans-serif";

export const theme = createTheme({
  fontFamily: fonts,
  fontFamilyMonospace:
    "ui-monospace, SFMono-Regular, 'Cascadia Mono', 'Roboto Mono', 'Liberation Mono', 'DejaVu Sans Mono', monospace",
  colors: { lagoon, lamp, coral, gray: mist, dark: night },
  primaryColor: 'lagoon',
  primaryShade: 7,
  autoContrast: true,
  luminanceThreshold: 0.36,
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  headings: {
    fontFamily: fonts,
    fontWeight: '650',
    sizes: {
      h1: { fontSize: '1.6rem', lineHeight: '1.25' },
      h2: { fontSize: '1.15rem', lineHeight: '1.35' },
      h3: { fontSize: '1rem', lineHeight: '1.4' },
    },
  },
  components: {
    Paper: { defaultProps: { radius: 'lg' } },
    Modal: {
      defaultProps: { radius: 'lg', centered: true, overlayProps: { backgroundOpacity: 0.5, blur: 3 } },
      styles: {
        title: { fontSize: '1.125rem', fontWeight: 650 },
        header: { padding: '18px 22px 12px' },
        body: { padding: '4px 22px 22px' },
      },
    },
    Alert: {
      styles: { message: { color: 'var(--v-text)' } },
      vars: (_: unknown, { color }: { color?: string }) => ({
        root: color === 'coral' ? { '--alert-bg': 'var(--v-bad-soft)', '--alert-color': 'var(--v-bad)' } : {},
      }),
    },
    Menu: { defaultProps: { shadow: 'md', radius: 'md', position: 'bottom-end' } },
    Tooltip: {
      defaultProps: { openDelay: 300, multiline: true, maw: 320, events: { hover: true, focus: true, touch: false } },
    },
    Badge: { defaultProps: { variant: 'light', tt: 'none', fw: 600 } },
  },
});
