// Changes to a LogQL query: a matcher or filter more, and the query behind the volume histogram.

/** Adds or replaces a stream matcher: {a="b"} → {a="b", name="value"}. */
export function addMatcher(query: string, name: string, op: '=' | '!=', value: string): string {
  const matcher = `${name}${op}${JSON.stringify(value)}`;
  const close = closingBrace(query);
  if (close === -1) return `{${matcher}}${query ? ` ${query}` : ''}`;
  const open = query.indexOf('{');
  const inside = query.slice(open + 1, close).trim();
  if (inside.includes(matcher)) return query;
  return `${query.slice(0, open)}{${inside ? `${inside}, ` : ''}${matcher}}${query.slice(close + 1)}`;
}

/** Adds a filter on a field of the line, after the stage that finds it. */
export function addFieldFilter(query: string, line: string, name: string, op: '=' | '!=', value: string): string {
  const stage = line.trim().startsWith('{') ? 'json' : 'logfmt';
  const parsed = new RegExp(`\\|\\s*${stage}\\b`).test(query) ? query : `${query} | ${stage}`;
  const label = name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(\d)/, '_$1');
  return `${parsed.trim()} | ${label}${op}${JSON.stringify(value)}`;
}

/** The brace that closes the first selector, outside of strings; -1 without one. */
function closingBrace(query: string): number {
  let quote = '';
  for (let i = query.indexOf('{'); i !== -1 && i < query.length; ++i) {
    const char = query[i]!;
    if (quote === '"' && char === '\\') ++i;
    else if (quote === char) quote = '';
    else if (quote === '' && (char === '"' || char === '`')) quote = char;
    else if (quote === '' && char === '}') return i;
  }
  return -1;
}

/** Whether the query gives numbers instead of lines. */
export function isMetricQuery(query: string): boolean {
  return /^\s*(?:\(|[a-z_]+(?:\s+(?:by|without)\s*\([^)]*\))?\s*\()/i.test(query) && !/^\s*\{/.test(query);
}

/** `{…} |= "<trace id>"` as a filter on the field trace_id; null for any other query. */
export function traceFilterInFields(query: string): string | null {
  const match = /^(.*\})\s*\|=\s*["`]([0-9a-f]{16}|[0-9a-f]{32})["`]\s*$/s.exec(query);
  return match ? `${match[1]} | trace_id=${JSON.stringify(match[2])}` : null;
}

export function volumeQuery(query: string, stepSeconds: number): string {
  return `sum by (detected_level, level) (count_over_time(${query.trim()} [${stepSeconds}s]))`;
}
