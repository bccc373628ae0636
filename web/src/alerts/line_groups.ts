// Lines that say the same, counted: what a minute of failures says most often stands first.
import type { LogEntry } from '../logs/log_entry';
import { fieldsOf, messageOf, traceIdOf } from '../logs/log_fields';

export interface LineGroup {
  text: string;
  count: number;
  /** The newest of them. */
  latest: LogEntry;
  /** Of the newest that has one. */
  traceId: string | null;
}

/** What a line says: the sentence of a structured line with its reason, else the line. */
export function lineText(line: string): string {
  const fields = fieldsOf(line);
  const message = messageOf(fields);
  if (message === '') return line;
  const reason = fields.find(({ name }) => /^(error|err|exception|reason|cause|(error|exception)_message)$/i.test(name))?.value ?? '';
  const text = [message, reason.includes(message) ? '' : reason].filter(Boolean).join(': ');
  return reason.includes(message) ? reason : text;
}

/** Without what differs from one request to the next: ids, numbers, quoted values. */
export function shapeOf(text: string): string {
  return text
    .replace(/\b[0-9a-f]{8,}(-[0-9a-f]{4,})*\b/gi, '#')
    .replace(/\d+(\.\d+)?/g, '#')
    .slice(0, 300);
}

/** Entries are newest first. */
export function groupLines(entries: LogEntry[], most: number): LineGroup[] {
  const groups = new Map<string, LineGroup>();
  for (const entry of entries) {
    const text = lineText(entry.line);
    const traceId = traceIdOf(entry.labels, entry.line);
    const group = groups.get(shapeOf(text));
    if (group) {
      ++group.count;
      group.traceId ??= traceId;
    } else {
      groups.set(shapeOf(text), { text, count: 1, latest: entry, traceId });
    }
  }
  return [...groups.values()].toSorted((a, b) => b.count - a.count).slice(0, most);
}
