import { sparklinePath } from './sparkline_path';

interface SparklineProps {
  values: (number | null)[];
  color: string;
  width?: number;
  height?: number;
  /** At least this value is at the top, so that noise near zero stays low. */
  ceiling?: number;
}

/** A small line beside a number; the number says it to those who do not see it. */
export function Sparkline({ values, color, width = 96, height = 24, ceiling }: SparklineProps) {
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      style={{ flex: 'none', display: 'block' }}
    >
      <line x1={0} x2={width} y1={height - 0.5} y2={height - 0.5} stroke="var(--border)" />
      <path d={sparklinePath(values, width, height, ceiling)} fill="none" stroke={color} strokeWidth={1.5} strokeLinejoin="round" />
    </svg>
  );
}
