// Where in a query an error lies, as Prometheus ("1:14: parse error: …") and Loki ("parse error at
// line 1, col 14: …") say it.

export interface PlacedError {
  message: string;
  /** Offset into the query; null where the error has no place. */
  offset: number | null;
}

export function placeError(message: string, query: string): PlacedError {
  const prometheus = /(?:^|: |")(\d+):(\d+): (.*)$/s.exec(message);
  const loki = /^(.*?)(?:parse error )?at line (\d+), col (\d+): (.*)$/s.exec(message);
  if (prometheus) {
    return { message: prometheus[3]!, offset: offsetOf(query, Number(prometheus[1]), Number(prometheus[2])) };
  }
  if (loki) return { message: loki[4]!, offset: offsetOf(query, Number(loki[2]), Number(loki[3])) };
  return { message, offset: null };
}

/** Offset of a line and column that count from 1; both are brought inside of the text. */
export function offsetOf(text: string, line: number, column: number): number {
  const lines = text.split('\n');
  const row = Math.min(Math.max(line, 1), lines.length) - 1;
  let offset = 0;
  for (let i = 0; i < row; ++i) offset += lines[i]!.length + 1;
  return offset + Math.min(Math.max(column, 1) - 1, lines[row]!.length);
}

/** The line of the query that holds the offset, and the column in it, to point at. */
export function excerptAt(query: string, offset: number): { line: string; column: number } {
  const start = query.lastIndexOf('\n', offset - 1) + 1;
  const end = query.indexOf('\n', offset);
  return { line: query.slice(start, end === -1 ? undefined : end), column: offset - start };
}
