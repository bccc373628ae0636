import { expect, it } from 'vitest';
import { toEntries } from './log_entry';
import { foldVolume, volumeOfEntries } from './use_logs';

it('folds counts by level, worst first', () => {
  const window = { fromMs: 10_000, toMs: 30_000 };
  const volume = foldVolume(
    {
      resultType: 'matrix',
      result: [
        { metric: { level: 'info' }, values: [[10, '5'], [30, '2']] },
        { metric: { detected_level: 'error', level: 'info' }, values: [[20, '1']] },
        { metric: { level: 'ERR' }, values: [[20, '3']] },
      ],
    },
    window,
    10,
  );
  expect(volume.times).toEqual([10, 20, 30]);
  expect(volume.series.map(({ label, values }) => [label, values])).toEqual([
    ['error', [null, 4, null]],
    ['info', [5, null, 2]],
  ]);
  expect(volume.total).toBe(11);
});

it('counts loaded lines where the server cannot', () => {
  const at = (seconds: number) => `${1_700_000_000 + seconds}000000000`;
  const entries = toEntries([{ stream: { level: 'warn' }, values: [[at(0), 'a'], [at(1), 'b'], [at(50), 'c']] }]);
  const volume = volumeOfEntries(entries, { fromMs: 1_700_000_000_000, toMs: 1_700_000_070_000 });
  expect(volume.total).toBe(3);
  expect(volume.series[0]!.label).toBe('warn');
  expect(volume.series[0]!.values[0]).toBe(1);
});
