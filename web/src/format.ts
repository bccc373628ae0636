// Numbers and times as people read them: three significant digits, a unit, no noise.

export type Unit = 'none' | 'rate' | 'seconds' | 'bytes' | 'percent' | 'count';

function significant(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return String(Number(value.toFixed(digits)));
}

/** 1234567 → "1.23 M"; tiny values keep three digits ("0.0123", "1.2e-7"). */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+∞' : '−∞';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 0.001) return String(Number(value.toPrecision(3)));
  if (size < 1) return String(Number(value.toPrecision(3)));
  for (const [limit, suffix] of [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e4, 'k']] as const) {
    if (size >= limit) return `${significant(value / (limit === 1e4 ? 1e3 : limit))} ${suffix}`;
  }
  return size >= 1000 ? String(Math.round(value)) : significant(value);
}

/** Seconds with the unit that suits their size: "12.5 ms", "1.2 s", "3m 20s". */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return formatNumber(seconds);
  const size = Math.abs(seconds);
  if (size === 0) return '0 s';
  if (size < 1e-6) return `${significant(seconds * 1e9)} ns`;
  if (size < 0.9995e-3) return `${significant(seconds * 1e6)} µs`;
  if (size < 0.9995) return `${significant(seconds * 1e3)} ms`;
  if (size < 60) return `${significant(seconds)} s`;
  const whole = Math.round(size);
  const sign = seconds < 0 ? '−' : '';
  if (whole < 3600) return `${sign}${joinParts(Math.floor(whole / 60), 'm', whole % 60, 's')}`;
  if (whole < 86400) return `${sign}${joinParts(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'm')}`;
  return `${sign}${joinParts(Math.floor(whole / 86400), 'd', Math.floor((whole % 86400) / 3600), 'h')}`;
}

function joinParts(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit} ${small}${smallUnit}`;
}

export function formatMicros(micros: number): string {
  return formatSeconds(micros / 1e6);
}

/** A ratio (0.0123) as "1.23 %"; what is not zero never shows as zero. */
export function formatPercent(ratio: number): string {
  if (!Number.isFinite(ratio)) return '–';
  if (ratio !== 0 && Math.abs(ratio) < 0.0001) return '< 0.01 %';
  const percent = ratio * 100;
  return `${Number(percent.toFixed(Math.abs(percent) >= 10 ? 1 : 2))} %`;
}

export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return '–';
  return `${formatNumber(perSecond)} req/s`;
}

export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return formatNumber(bytes);
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    ++unit;
  }
  return `${significant(value)} ${units[unit]}`;
}

export function formatUnit(value: number, unit: Unit): string {
  switch (unit) {
    case 'rate':
      return formatRate(value);
    case 'seconds':
      return formatSeconds(value);
    case 'bytes':
      return formatBytes(value);
    case 'percent':
      return formatPercent(value);
    default:
      return formatNumber(value);
  }
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

const pad = (value: number, width = 2) => String(value).padStart(width, '0');

/** Local "14:03:27.123". */
export function formatClock(epochMs: number, withMillis = true): string {
  const date = new Date(epochMs);
  const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return withMillis ? `${clock}.${pad(date.getMilliseconds(), 3)}` : clock;
}

export function formatDay(epochMs: number): string {
  const date = new Date(epochMs);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

export function formatDateTime(epochMs: number, withMillis = false): string {
  return `${formatDay(epochMs)} ${formatClock(epochMs, withMillis)}`;
}

/** "just now", "12 s ago", "5 min ago", else the time itself. */
export function formatAgo(epochMs: number, nowMs: number): string {
  const seconds = Math.round((nowMs - epochMs) / 1000);
  if (seconds < 0 || seconds >= 3600) return formatDateTime(epochMs);
  if (seconds < 5) return 'just now';
  return seconds < 60 ? `${seconds} s ago` : `${Math.floor(seconds / 60)} min ago`;
}
