import { createTheme } from '@mantine/core';

/** Colours and sizes live in tokens.css and theme.css; here only what Mantine computes with. */
export const theme = createTheme({
  fontFamily: 'var(--cmc-font)',
  defaultRadius: 4,
  focusRing: 'never', // base.css draws one ring for everything
  respectReducedMotion: true,
});
