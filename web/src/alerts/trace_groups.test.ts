import { expect, it } from 'vitest';
import type { JaegerTrace } from '../api/jaeger/trace';
import { causeWords } from '../trace/summary';
import { groupTraces, slowestTraces } from './trace_groups';

/** A call whose query fails with these words; without words it succeeds. */
function trace(traceID: string, operation: string, startTime: number, words: string, duration = 10): JaegerTrace {
  const tags = words === '' ? [] : [{ key: 'error', value: true }, { key: 'otel.status_description', value: words }];
  const root = { traceID, spanID: 'a', operationName: operation, references: [], startTime, duration, tags, processID: 'shop' };
  const query = { ...root, spanID: 'b', operationName: 'SELECT', references: [{ refType: 'CHILD_OF' as const, traceID, spanID: 'a' }] };
  return { traceID, spans: [root, query], processes: { shop: { serviceName: 'shop' } } };
}

it('counts what failed alike, the most common first, and opens the newest', () => {
  const traces = [
    trace('1', 'GET /pay', 9, 'gateway timeout', 99),
    trace('2', 'GET /a', 1, 'connection 17 refused'),
    trace('3', 'GET /b', 3, 'connection 18 refused'),
    trace('4', 'GET /b', 2, 'connection 19 refused'),
  ];
  const groups = groupTraces(traces, 5);
  expect(groups.map(({ trace: { id }, count, operations }) => [id, count, operations])).toEqual([
    ['3', 3, ['GET /b', 'GET /a']],
    ['1', 1, ['GET /pay']],
  ]);
  expect(groups.map((group) => causeWords(group.trace))).toEqual(['SELECT: connection 18 refused', 'SELECT: gateway timeout']);
  expect(groupTraces(traces, 1)).toHaveLength(1);
});

it('leaves traces that did not fail alone', () => {
  const traces = [trace('1', 'GET /a', 1, '', 10), trace('2', 'GET /a', 2, '', 20), trace('3', 'GET /a', 3, 'refused', 1)];
  expect(groupTraces(traces, 5).map((group) => group.trace.id)).toEqual(['3', '2', '1']);
  expect(slowestTraces(traces, 2).map((group) => group.trace.id)).toEqual(['2', '1']);
  expect(causeWords(groupTraces(traces, 5)[2]!.trace)).toBe('');
});
