import { expect, it } from 'vitest';
import type { TraceSummary } from '../../trace/summary';
import { logsOfSpan, logsOfTrace } from './trace_links';

it('asks for the lines of all services, a minute around', () => {
  const summary = {
    id: 'abc', startMicros: 1_000_000_000, durationMicros: 5_000_000,
    services: [{ name: 'shop', spans: 1 }, { name: 'a.b', spans: 1 }],
  } as TraceSummary;
  expect(logsOfTrace(summary)).toEqual({
    view: expect.objectContaining({ page: 'logs', query: '{service_name=~"shop|a\\\\.b"} |= "abc"' }),
    range: { from: '940000', to: '1065000' },
  });
});

it('asks for the lines of one service', () => {
  const target = logsOfSpan('shop', 'abc', 1_000_000_000, 0);
  expect(target.view).toMatchObject({ query: '{service_name="shop"} |= "abc"' });
});
