import { describe, expect, it } from 'vitest';
import type { TraceSummary } from '../../trace/summary';
import { layoutScatter } from './scatter_scale';

const box = { width: 1000, height: 100, left: 50, right: 10, top: 10, bottom: 20 };
const trace = (startMs: number, durationMicros: number) =>
  ({ id: `${startMs}`, startMicros: startMs * 1000, durationMicros, spanCount: 1 }) as TraceSummary;

describe('scatter', () => {
  it('is linear while durations are alike', () => {
    const { points, durationTicks } = layoutScatter([trace(0, 1000), trace(5000, 2000)], { fromMs: 0, toMs: 10_000 }, box);
    expect(points[1]!.y).toBeLessThan(points[0]!.y);
    expect(points[0]!.x).toBe(50);
    expect(durationTicks.map((tick) => tick.micros)).toEqual([0, 1000, 2000]);
  });

  it('is logarithmic where they are not', () => {
    const { points, durationTicks } = layoutScatter([trace(0, 100), trace(1, 10_000), trace(2, 1e6)], { fromMs: 0, toMs: 10 }, box);
    expect(durationTicks.map((tick) => tick.micros)).toEqual([100, 1000, 10_000, 100_000, 1e6]);
    expect(points[0]!.y - points[1]!.y).toBeCloseTo(points[1]!.y - points[2]!.y, 5);
  });

  it('keeps every point inside of the box', () => {
    const { points } = layoutScatter([trace(-50, 0), trace(99_999, 5e9)], { fromMs: 0, toMs: 10_000 }, box);
    for (const { x, y } of points) {
      expect(x).toBeGreaterThanOrEqual(50);
      expect(x).toBeLessThanOrEqual(990);
      expect(y).toBeGreaterThanOrEqual(10);
      expect(y).toBeLessThanOrEqual(80);
    }
  });
});
