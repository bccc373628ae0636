// The SVG path of a sparkline: a line from left to right, broken where values are missing.

/** Path in a box of `width` × `height`; the scale starts at zero. */
export function sparklinePath(values: (number | null)[], width: number, height: number, ceiling?: number): string {
  const present = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (present.length === 0) return '';
  const top = Math.max(ceiling ?? 0, ...present) || 1;
  const inset = 1.5;
  const span = Math.max(1, values.length - 1);
  let path = '';
  let isOpen = false;
  values.forEach((value, i) => {
    if (value === null || !Number.isFinite(value)) {
      isOpen = false;
      return;
    }
    const x = (i / span) * width;
    const y = height - inset - (value / top) * (height - 2 * inset);
    path += `${isOpen ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
    isOpen = true;
  });
  return path;
}
