// From series on one time grid to the columns that uPlot draws.

export interface ChartSeries {
  label: string;
  color: string;
  values: (number | null)[];
  /** A line that the others are held against: dashed, never filled. */
  isThreshold?: boolean;
  /** Drawn thin, behind the others. */
  isFaint?: boolean;
}

/** A moment that a chart points at: a line from top to bottom, with a word. */
export interface ChartMark {
  atMs: number;
  label: string;
  color: string;
  /** Where its word stands; on the right unless told. */
  side?: 'left' | 'right';
}

/** Running sums from the first series up; a missing value adds nothing, so that the areas above it end at the one below. Missing where all are. */
export function stackColumns(columns: (number | null)[][]): (number | null)[][] {
  const length = columns[0]?.length ?? 0;
  const sum = new Array<number>(length).fill(0);
  const isThere = Array.from({ length }, (_, i) => columns.some((column) => column[i] !== null && column[i] !== undefined));
  return columns.map((column) =>
    Array.from({ length }, (_, i) => {
      if (!isThere[i]) return null;
      sum[i] = sum[i]! + (column[i] ?? 0);
      return sum[i]!;
    }),
  );
}

/** Bars need a value at every moment: a missing one is zero. */
export function zeroFilled(columns: (number | null)[][]): number[][] {
  return columns.map((column) => column.map((value) => value ?? 0));
}

/** Lowest and highest value of an axis: from zero up where nothing is negative, and never flat. */
export function valueRange(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const low = Math.min(0, min);
  const high = Math.max(0, max);
  if (low === high) return [0, 1];
  const room = (high - low) * 0.06;
  return [low < 0 ? low - room : 0, high > 0 ? high + room : 0];
}

export interface TooltipRow {
  label: string;
  color: string;
  value: number;
}

/** What the tooltip lists at one moment: highest first, no more than `most`. */
export function tooltipRows(series: ChartSeries[], index: number, most: number): { rows: TooltipRow[]; hidden: number } {
  const rows: TooltipRow[] = [];
  for (const { label, color, values } of series) {
    const value = values[index];
    if (value !== null && value !== undefined) rows.push({ label, color, value });
  }
  rows.sort((a, b) => b.value - a.value);
  return { rows: rows.slice(0, most), hidden: Math.max(0, rows.length - most) };
}
