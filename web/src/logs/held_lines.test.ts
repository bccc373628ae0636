import { expect, it } from 'vitest';
import { countNewer } from './held_lines';
import type { LogEntry } from './log_entry';

const entries = (...keys: string[]) => keys.map((key) => ({ key }) as LogEntry);

it('counts the lines above the held ones', () => {
  expect(countNewer(entries('b', 'a'), entries('d', 'c', 'b', 'a'))).toBe(2);
  expect(countNewer(entries('b', 'a'), entries('b', 'a'))).toBe(0);
});

it('counts all where the held ones are gone already, or none were', () => {
  expect(countNewer(entries('a'), entries('d', 'c'))).toBe(2);
  expect(countNewer([], entries('d', 'c'))).toBe(2);
});
