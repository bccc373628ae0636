// The course of a value as SVG paths: its line, and the area below it.

export function sparkline(times: number[], values: (number | null)[], width: number, height: number): { line: string; area: string } {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (known.length < 2 || times.length < 2) return { line: '', area: '' };
  const low = Math.min(...known);
  const high = Math.max(...known);
  const first = times[0]!;
  const length = times.at(-1)! - first || 1;
  const room = height - 4;
  const x = (i: number) => Number((((times[i]! - first) / length) * width).toFixed(1));
  const y = (value: number) => Number((high === low ? height - 3 : 2 + room - ((value - low) / (high - low)) * room).toFixed(1));
  let line = '';
  let area = '';
  let start: number | null = null;
  values.forEach((value, i) => {
    if (value === null || !Number.isFinite(value)) {
      if (start !== null) area += `L${x(i - 1)} ${height}Z`;
      start = null;
      return;
    }
    const point = `${x(i)} ${y(value)}`;
    line += (start === null ? 'M' : 'L') + point;
    area += start === null ? `M${x(i)} ${height}L${point}` : `L${point}`;
    start ??= i;
  });
  if (start !== null) area += `L${x(values.length - 1)} ${height}Z`;
  return { line, area };
}
