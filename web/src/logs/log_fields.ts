// The fields in a line's text (JSON or logfmt), and the ids of traces in it.

export interface LogField {
  name: string;
  value: string;
}

const mostFields = 200;

/** Fields of a JSON object or of logfmt; empty where the line is plain text. */
export function fieldsOf(line: string): LogField[] {
  const trimmed = line.trim();
  if (trimmed.startsWith('{')) {
    try {
      const fields: LogField[] = [];
      flatten(JSON.parse(trimmed) as unknown, '', fields, 0);
      return fields;
    } catch {
      return [];
    }
  }
  return logfmtFields(trimmed);
}

/** Nested names are joined by "_", as LogQL's json stage does. */
function flatten(value: unknown, name: string, into: LogField[], depth: number): void {
  if (into.length >= mostFields) return;
  if (value !== null && typeof value === 'object' && !Array.isArray(value) && depth < 8) {
    for (const [key, inner] of Object.entries(value)) flatten(inner, name ? `${name}_${key}` : key, into, depth + 1);
    return;
  }
  into.push({ name, value: typeof value === 'string' ? value : JSON.stringify(value) });
}

function logfmtFields(line: string): LogField[] {
  const fields: LogField[] = [];
  for (const match of line.matchAll(/(?:^|\s)([\w.\-/]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g)) {
    const [, name, quoted, plain] = match;
    fields.push({ name: name!, value: quoted === undefined ? plain! : quoted.replace(/\\(.)/g, '$1') });
    if (fields.length >= mostFields) break;
  }
  // One pair by chance makes no logfmt.
  return fields.length >= 2 ? fields : [];
}

/** The sentence of a structured line; empty where there is none. */
export function messageOf(fields: LogField[]): string {
  return fields.find((field) => /^(message|msg|event|body)$/i.test(field.name))?.value ?? '';
}

const traceField = /^(trace|otel\.?trace|dd\.?trace)[_.-]?id$/i;
const traceIdValue = /^(?:[0-9a-f]{32}|[0-9a-f]{16})$/i;

export function isTraceField(name: string, value: string): boolean {
  return traceField.test(name) && traceIdValue.test(value) && !/^0+$/.test(value);
}

/** The trace that a line belongs to, from its labels, its fields or its text. */
export function traceIdOf(labels: Record<string, string>, line: string): string | null {
  for (const [name, value] of Object.entries(labels)) if (isTraceField(name, value)) return value.toLowerCase();
  const written = /\btrace[_.-]?id["']?\s*[=:]\s*["']?([0-9a-f]{32}|[0-9a-f]{16})\b/i.exec(line);
  return written && !/^0+$/.test(written[1]!) ? written[1]!.toLowerCase() : null;
}

export interface LinePart {
  text: string;
  traceId: string | null;
}

/** A line cut at the trace ids in it: every 32 hex digits, and 16 where they are called so. */
export function splitAtTraceIds(line: string): LinePart[] {
  const parts: LinePart[] = [];
  let from = 0;
  for (const match of line.matchAll(/\b[0-9a-f]{32}\b|(?<=trace[_.-]?id["']?\s*[=:]\s*["']?)[0-9a-f]{16}\b/gi)) {
    if (/^0+$/.test(match[0])) continue;
    if (match.index > from) parts.push({ text: line.slice(from, match.index), traceId: null });
    parts.push({ text: match[0], traceId: match[0].toLowerCase() });
    from = match.index + match[0].length;
  }
  if (from < line.length) parts.push({ text: line.slice(from), traceId: null });
  return parts;
}
