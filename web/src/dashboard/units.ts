// Grafana's units: how a number reads as requests a second, bytes, a duration, a date. A unit that
// Grafana does not know is its own suffix, there as here.
import { formatDateTime } from '../format';

type Formatter = (value: number, decimals: number | undefined) => string;

/** With the given number of digits after the point, else three significant ones. */
export function fixed(value: number, decimals: number | undefined): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+∞' : '−∞';
  if (decimals !== undefined) return clean(value.toFixed(Math.min(20, Math.max(0, decimals))));
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 100) return String(Math.round(value));
  if (size >= 1e-6) return String(Number(value.toPrecision(3)));
  return value.toExponential(2);
}

function clean(text: string): string {
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
}

function scaled(factor: number, suffixes: string[], space: string, first = 0): Formatter {
  return (value, decimals) => {
    if (!Number.isFinite(value)) return fixed(value, decimals);
    let rest = value;
    let step = first;
    const limit = factor === 1000 ? 999.5 : 1023.5;
    while (Math.abs(rest) >= limit && step < suffixes.length - 1) {
      rest /= factor;
      ++step;
    }
    const suffix = suffixes[step]!;
    return fixed(rest, decimals) + (suffix ? space + suffix : '');
  };
}

const siPrefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
const iecPrefixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi'];
const countSuffixes = ['', 'K', 'M', 'B', 'T'];

const si = (unit: string, first = 0) => {
  const big = scaled(1000, siPrefixes.map((prefix) => prefix + unit), ' ', first);
  const small: [number, string][] = [[1e-3, 'm'], [1e-6, 'µ'], [1e-9, 'n']];
  return (value: number, decimals: number | undefined) => {
    const size = Math.abs(value);
    if (first > 0 || size === 0 || size >= 1 || !Number.isFinite(value) || !/^(s|Hz|V|A|W|J|g|m|F|H|Ω)$/.test(unit)) return big(value, decimals);
    const [scale, prefix] = small.find(([least]) => size >= least) ?? [1e-9, 'n'];
    return `${fixed(value / scale, decimals)} ${prefix}${unit}`;
  };
};
const iec = (unit: string, first = 0) => scaled(1024, iecPrefixes.map((prefix) => prefix + unit), ' ', first);
/** "1.2K req/s": a count of things, and of what. */
const count = (unit: string): Formatter => {
  const number = scaled(1000, countSuffixes, '');
  return (value, decimals) => `${number(value, decimals)} ${unit}`;
};
const suffix = (unit: string): Formatter => (value, decimals) => `${fixed(value, decimals)}${unit}`;
const prefix = (unit: string): Formatter => {
  const number = scaled(1000, countSuffixes, '');
  return (value, decimals) => `${value < 0 ? '-' : ''}${unit}${number(Math.abs(value), decimals)}`;
};
const words = (yes: string, no: string): Formatter => (value) => (value === 0 ? no : yes);

/** Seconds in the unit that suits their size, from nanoseconds to years. */
const seconds = (perUnit: number): Formatter => (given, decimals) => {
  const value = given * perUnit;
  const size = Math.abs(value);
  const show = (amount: number, unit: string) => `${fixed(amount, decimals)} ${unit}`;
  if (size === 0 || !Number.isFinite(value)) return show(value, 's');
  if (size < 1e-6) return show(value * 1e9, 'ns');
  if (size < 0.9995e-3) return show(value * 1e6, 'µs');
  if (size < 0.9995) return show(value * 1e3, 'ms');
  if (size < 60) return show(value, 's');
  if (size < 3600) return show(value / 60, 'min');
  if (size < 86400) return show(value / 3600, 'h');
  if (size < 604800) return show(value / 86400, size === 86400 ? 'day' : 'days');
  if (size < 31536000) return show(value / 604800, 'weeks');
  return show(value / 31536000, 'years');
};

const durationParts: [number, string][] = [[31536000, 'year'], [2592000, 'month'], [604800, 'week'], [86400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']];

/** "2 hours, 5 minutes": the two largest parts; `decimals` asks for more. */
const longDuration = (perUnit: number): Formatter => (given, decimals) => {
  let rest = Math.abs(given * perUnit);
  if (!Number.isFinite(rest)) return fixed(given, decimals);
  if (rest < 1) return seconds(1)(given * perUnit, decimals);
  const parts: string[] = [];
  for (const [size, name] of durationParts) {
    const amount = size === 1 ? Math.round(rest) : Math.floor(rest / size);
    if (amount > 0 && parts.length < (decimals ?? 1) + 1) parts.push(`${amount} ${name}${amount === 1 ? '' : 's'}`);
    rest -= amount * size;
  }
  return (given < 0 ? '-' : '') + (parts.join(', ') || '0 s');
};

const pad = (value: number) => String(Math.floor(value)).padStart(2, '0');
const clock = (withDays: boolean): Formatter => (value) => {
  const size = Math.abs(value);
  const days = withDays ? Math.floor(size / 86400) : 0;
  const rest = size - days * 86400;
  const text = `${pad(rest / 3600)}:${pad((rest % 3600) / 60)}:${pad(rest % 60)}`;
  return (value < 0 ? '-' : '') + (withDays ? `${days} d ${text}` : text);
};

const date: Formatter = (value) => formatDateTime(value);
const fromNow: Formatter = (value) => `${seconds(1)(Math.abs(Date.now() - value) / 1000, 0)} ${value <= Date.now() ? 'ago' : 'ahead'}`;

const table: Record<string, Formatter> = {
  none: (value, decimals) => plain(value, decimals),
  string: (value, decimals) => plain(value, decimals),
  short: scaled(1000, ['', 'K', 'Mil', 'Bil', 'Tri', 'Quadr', 'Quint'], ' '),
  sishort: scaled(1000, siPrefixes, ' '),
  percent: suffix('%'),
  percentunit: (value, decimals) => `${fixed(value * 100, decimals)}%`,
  humidity: suffix(' %H'),
  dB: suffix(' dB'),
  hex: (value) => Math.round(value).toString(16).toUpperCase(),
  hex0x: (value) => `0x${Math.round(value).toString(16).toUpperCase()}`,
  sci: (value, decimals) => value.toExponential(decimals),
  locale: (value, decimals) => (decimals === undefined ? value.toLocaleString('en-US') : value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })),
  bool: words('True', 'False'),
  bool_yes_no: words('Yes', 'No'),
  bool_on_off: words('On', 'Off'),
  // Data.
  bytes: iec('B'), decbytes: si('B'), bits: iec('b'), decbits: si('b'),
  kbytes: iec('B', 1), deckbytes: si('B', 1), mbytes: iec('B', 2), decmbytes: si('B', 2),
  gbytes: iec('B', 3), decgbytes: si('B', 3), tbytes: iec('B', 4), dectbytes: si('B', 4), pbytes: iec('B', 5), decpbytes: si('B', 5),
  // Data a second.
  pps: si('p/s'), Bps: si('B/s'), binBps: iec('B/s'), bps: si('b/s'), binbps: iec('b/s'),
  KBs: si('B/s', 1), KiBs: iec('B/s', 1), Kbits: si('b/s', 1), Kibits: iec('b/s', 1),
  MBs: si('B/s', 2), MiBs: iec('B/s', 2), Mbits: si('b/s', 2), Mibits: iec('b/s', 2),
  GBs: si('B/s', 3), GiBs: iec('B/s', 3), Gbits: si('b/s', 3), Gibits: iec('b/s', 3),
  // Things a second or minute.
  cps: count('c/s'), ops: count('ops/s'), reqps: count('req/s'), rps: count('rd/s'), wps: count('wr/s'), iops: count('io/s'),
  eps: count('evt/s'), mps: count('msg/s'), recps: count('rec/s'), rowsps: count('rows/s'),
  cpm: count('c/m'), opm: count('ops/m'), reqpm: count('req/m'), rpm: count('rd/m'), wpm: count('wr/m'), epm: count('evts/m'), mpm: count('msgs/m'),
  // Time.
  ns: seconds(1e-9), 'µs': seconds(1e-6), us: seconds(1e-6), ms: seconds(1e-3), s: seconds(1), m: seconds(60), h: seconds(3600), d: seconds(86400),
  dtdurations: longDuration(1), dtdurationms: longDuration(1e-3), timeticks: longDuration(0.01), clocks: clock(false), clockms: (value) => clock(false)(value / 1000, undefined),
  dthms: clock(false), dtdhms: clock(true), hertz: si('Hz'),
  dateTimeAsIso: date, dateTimeAsIsoNoDateIfToday: date, dateTimeAsUS: date, dateTimeAsUSNoDateIfToday: date, dateTimeAsLocal: date, dateTimeAsSystem: date,
  dateTimeFromNow: fromNow,
  // Money, physics.
  currencyUSD: prefix('$'), currencyEUR: prefix('€'), currencyGBP: prefix('£'), currencyJPY: prefix('¥'),
  celsius: suffix('°C'), fahrenheit: suffix('°F'), kelvin: suffix(' K'), volt: si('V'), amp: si('A'), watt: si('W'), kwatt: si('W', 1), joule: si('J'), watth: si('Wh'), kwatth: si('Wh', 1),
  rothz: si('Hz'), rotrpm: suffix(' rpm'), degree: suffix('°'), lengthm: si('m'), massg: si('g'), ppm: suffix(' ppm'), pixel: suffix(' px'),
};

/** A number in full: grouped digits from 10,000 on would hide how ids and ports read, so none. */
function plain(value: number, decimals: number | undefined): string {
  if (decimals === undefined && Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  return fixed(value, decimals);
}

const made = new Map<string, Formatter>();

function custom(unit: string): Formatter {
  const [, kind, text] = /^(prefix|suffix|si|count|currency|time|bool):(.*)$/s.exec(unit) ?? [];
  switch (kind) {
    case 'prefix':
      return (value, decimals) => text + fixed(value, decimals);
    case 'si': {
      const base = siPrefixes.indexOf(text!.charAt(0));
      return base > 0 && text!.length > 1 ? si(text!.slice(1), base) : si(text!);
    }
    case 'count':
      return count(text!);
    case 'currency':
      return prefix(text!);
    case 'time':
      return date;
    case 'bool': {
      const [yes = 'True', no = 'False'] = text!.split('/');
      return words(yes, no);
    }
    default:
      return suffix(` ${kind === 'suffix' ? text : unit}`);
  }
}

/** `value` in `unit`; three significant digits unless `decimals` says how many after the point. */
export function formatValue(value: number, unit: string, decimals?: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (unit === '') return table.short!(value, decimals);
  let format = Object.hasOwn(table, unit) ? table[unit] : made.get(unit);
  if (!format) made.set(unit, (format = custom(unit)));
  return format(value, decimals);
}

/** Units of powers of two: their axis is cut at such steps. */
export function isBinaryUnit(unit: string): boolean {
  return /^(bytes|bits|kbytes|mbytes|gbytes|tbytes|binBps|binbps|[KMG]i(Bs|bits))$/.test(unit);
}
