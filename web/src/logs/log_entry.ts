// Log lines as the page shows them: flattened from streams, newest first, each with the fields that
// its labels and its text hold.
import type { LogStream } from '../api/loki/query_range';
import { logLevels, type LogLevel } from '../colors';

export interface LogEntry {
  /** The same line of the same stream has the same key. */
  key: string;
  /** Unix nanoseconds, in digits. */
  ns: string;
  ms: number;
  line: string;
  labels: Record<string, string>;
  level: LogLevel;
}

export function toEntries(streams: LogStream[]): LogEntry[] {
  const entries: LogEntry[] = [];
  for (const { stream, values } of streams) {
    const id = JSON.stringify(stream);
    for (const [ns, line, more] of values) {
      const labels = more && typeof more === 'object' ? { ...stream, ...flatMetadata(more) } : stream;
      const ms = Number(ns.slice(0, -6)) + Number(ns.slice(-6)) / 1e6;
      entries.push({ key: `${ns}\n${id}\n${line}`, ns, ms, line, labels, level: levelOf(labels, line) });
    }
  }
  return entries.sort(newestFirst);
}

/** Structured metadata come flat, or under the names of how they were found. */
function flatMetadata(more: object): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [key, value] of Object.entries(more)) {
    if (value && typeof value === 'object') Object.assign(flat, value);
    else flat[key] = String(value);
  }
  return flat;
}

function newestFirst(a: LogEntry, b: LogEntry): number {
  if (a.ns.length !== b.ns.length) return b.ns.length - a.ns.length;
  return a.ns < b.ns ? 1 : a.ns > b.ns ? -1 : 0;
}

/** Both lists are newest first; lines that are in both stay once; the oldest beyond `most` go. */
export function mergeEntries(fresh: LogEntry[], known: LogEntry[], most: number): LogEntry[] {
  const seen = new Set<string>();
  const merged = [...fresh, ...known].filter((entry) => {
    if (seen.has(entry.key)) return false;
    seen.add(entry.key);
    return true;
  });
  return merged.sort(newestFirst).slice(0, most);
}

const levelLabels = ['detected_level', 'level', 'severity', 'severity_text', 'lvl', 'loglevel'];

export function levelOf(labels: Record<string, string>, line: string): LogLevel {
  for (const label of levelLabels) {
    const level = labels[label] && normalLevel(labels[label]);
    if (level && level !== 'unknown') return level;
  }
  const written = /["']?\b(?:level|severity|lvl)["']?\s*[=:]\s*["']?(\w+)/i.exec(line.slice(0, 2000));
  if (written) return normalLevel(written[1]!);
  const word = /\b(FATAL|CRITICAL|ERROR|WARN(?:ING)?|INFO|DEBUG|TRACE)\b/.exec(line.slice(0, 200));
  return word ? normalLevel(word[1]!) : 'unknown';
}

export function normalLevel(text: string): LogLevel {
  const level = text.toLowerCase();
  if (/^(fatal|crit|emerg|alert|panic)/.test(level)) return 'critical';
  if (/^(err|eror)/.test(level)) return 'error';
  if (/^warn/.test(level)) return 'warn';
  if (/^(info|notice)/.test(level)) return 'info';
  if (/^(debug|dbug)/.test(level)) return 'debug';
  if (/^trace/.test(level)) return 'trace';
  return logLevels.find((known) => known === level) ?? 'unknown';
}
