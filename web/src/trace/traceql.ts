// The TraceQL of a search over all services: one span must meet all of it.
import type { TracesView } from '../url_state';
import { parseTags } from './tags';

const unitNanos: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9, d: 86400e9, w: 604800e9 };

/** "1.5s", "2m30s" or "100us" as nanoseconds; null if it is no duration. */
export function durationNanos(text: string): number | null {
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|[smhdw]))+$/.test(text)) return null;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|[smhdw])/g)) total += Number(amount) * unitNanos[unit!]!;
  return Math.round(total);
}

export function traceQlOf(view: TracesView): string {
  const conditions: string[] = [];
  const min = durationNanos(view.minDuration);
  const max = durationNanos(view.maxDuration);
  if (min !== null) conditions.push(`duration >= ${min}ns`);
  if (max !== null) conditions.push(`duration <= ${max}ns`);
  if (view.errorsOnly) conditions.push('status = error');
  for (const [key, value] of Object.entries(parseTags(view.tags) ?? {})) conditions.push(tagCondition(key, value));
  return `{ ${conditions.join(' && ')} }`;
}

/** A tag's value is typed as text, but may be a number or a truth value in the span. */
function tagCondition(key: string, value: string): string {
  if (key === 'error' && value === 'true') return 'status = error';
  const name = `.${/^[A-Za-z_][\w.-]*$/.test(key) ? key : JSON.stringify(key)}`;
  const asText = `${name} = ${JSON.stringify(value)}`;
  return /^(-?\d+(\.\d+)?|true|false)$/.test(value) ? `(${name} = ${value} || ${asText})` : asText;
}
