// Mantine on our tokens (theme.css): sizes and fonts here, colours there.
import { Button, createTheme, localStorageColorSchemeManager, type MantineColorsTuple } from '@mantine/core';

const lamp: MantineColorsTuple = [
  '#eef4ff', '#d9e6ff', '#b0cbff', '#84aeff', '#5f94fb', '#4680f0', '#2f6bdf', '#2558bd', '#1d4796', '#14315f',
];
const slate: MantineColorsTuple = [
  '#e6e8ec', '#c9ced6', '#a7aebb', '#818a98', '#38404c', '#2a303a', '#191d24', '#14171c', '#0f1216', '#0d0f13',
];

export const theme = createTheme({
  primaryColor: 'lamp',
  primaryShade: { light: 6, dark: 5 },
  colors: { lamp, dark: slate },
  fontFamily: 'var(--font-text)',
  fontFamilyMonospace: 'var(--font-code)',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  lineHeights: { xs: '1.35', sm: '1.4', md: '1.5', lg: '1.5', xl: '1.4' },
  defaultRadius: 'sm',
  radius: { xs: '3px', sm: '6px', md: '8px', lg: '12px', xl: '16px' },
  focusRing: 'auto',
  cursorType: 'pointer',
  components: { Button: Button.extend({ styles: { root: { fontWeight: 540 } } }) },
});

export const colorSchemeManager = localStorageColorSchemeManager({ key: 'pharos-color-scheme' });
