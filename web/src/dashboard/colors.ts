// Grafana's named colours as ours. The five that thresholds use have tokens of both schemes, so that
// they can be read as text; shades and any CSS colour are taken as they are.
const named: Record<string, string> = {
  green: 'var(--viz-green)',
  yellow: 'var(--viz-yellow)',
  orange: 'var(--viz-orange)',
  red: 'var(--viz-red)',
  blue: 'var(--viz-blue)',
  purple: 'var(--viz-purple)',
  text: 'var(--text)',
  gray: 'var(--text-3)',
  transparent: 'transparent',
  white: '#ffffff',
  black: '#000000',
};

const shade: Record<string, string> = { 'dark-': '-dark', 'semi-dark-': '', 'light-': '-light', 'super-light-': '-light' };

/** The CSS colour of a colour in a dashboard; undefined where it is none. */
export function cssColor(color: string | undefined): string | undefined {
  const name = color?.trim() ?? '';
  if (name === '') return undefined;
  if (named[name]) return named[name];
  const parts = /^(dark-|semi-dark-|light-|super-light-)(green|yellow|orange|red|blue|purple)$/.exec(name);
  if (parts) return `var(--viz-${parts[2]}${shade[parts[1]!]})`;
  if (/^#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i.test(name)) return name;
  if (/^rgba?\([\d\s.,%/]+\)$/i.test(name) || /^hsla?\([\d\s.,%/deg]+\)$/i.test(name)) return name;
  return /^[a-z]{3,20}$/i.test(name) ? name : undefined;
}

/** Colour scales of Grafana's continuous modes, from low to high. */
const scales: Record<string, string[]> = {
  'continuous-GrYlRd': ['green', 'yellow', 'red'],
  'continuous-RdYlGr': ['red', 'yellow', 'green'],
  'continuous-BlYlRd': ['blue', 'yellow', 'red'],
  'continuous-YlRd': ['yellow', 'red'],
  'continuous-BlPu': ['blue', 'purple'],
  'continuous-YlBl': ['yellow', 'blue'],
  'continuous-blues': ['light-blue', 'dark-blue'],
  'continuous-reds': ['light-red', 'dark-red'],
  'continuous-greens': ['light-green', 'dark-green'],
  'continuous-purples': ['light-purple', 'dark-purple'],
};

export function isScale(mode: string): boolean {
  return mode in scales;
}

/** The colour at a share (0 to 1) of a continuous scale. */
export function scaleColor(mode: string, share: number): string {
  const stops = scales[mode] ?? ['green', 'red'];
  const at = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0)) * (stops.length - 1);
  const low = Math.floor(at);
  const high = Math.min(stops.length - 1, low + 1);
  const part = Math.round((at - low) * 100);
  if (part === 0 || low === high) return cssColor(stops[low])!;
  return `color-mix(in srgb, ${cssColor(stops[high])} ${part}%, ${cssColor(stops[low])})`;
}
