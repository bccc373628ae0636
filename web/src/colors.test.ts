import { describe, expect, it } from 'vitest';
import { resolveColor, serviceColor, seriesColor, seriesColorCount } from './colors';

describe('colours', () => {
  it('tell the first services apart and stay', () => {
    const names = ['cart', 'shop', 'auth', 'mail', 'pay', 'stock', 'search', 'web'];
    const colors = names.map(serviceColor);
    expect(new Set(colors).size).toBe(seriesColorCount);
    expect(serviceColor('one-too-many')).toMatch(/^var\(--series-[1-8]\)$/);
    expect(names.map(serviceColor)).toEqual(colors);
  });

  it('repeat for many series', () => {
    expect(seriesColor(0)).toBe(seriesColor(seriesColorCount));
    expect(resolveColor('#123456')).toBe('#123456');
  });
});
