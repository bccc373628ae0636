import { expect, it } from 'vitest';
import type { JaegerSpan, JaegerTrace } from '../api/jaeger/trace';
import { failureOf } from './failure';

const span = (spanID: string, parent: string, startTime: number, tags: Record<string, string | boolean>, more: Partial<JaegerSpan> = {}): JaegerSpan => ({
  traceID: 't',
  spanID,
  operationName: `op ${spanID}`,
  references: parent ? [{ refType: 'CHILD_OF', traceID: 't', spanID: parent }] : [],
  startTime,
  duration: 1,
  tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  processID: spanID === 'c' ? 'pay' : 'shop',
  ...more,
});
const traceOf = (spans: JaegerSpan[]): JaegerTrace => ({ traceID: 't', spans, processes: { shop: { serviceName: 'shop' }, pay: { serviceName: 'pay' } } });

it('finds the error below all others', () => {
  const spans = [
    span('a', '', 0, { error: true, 'otel.status_description': '502' }),
    span('b', 'a', 1, { error: true }),
    span('c', 'b', 2, { error: true, 'otel.status_description': 'declined' }),
    span('d', 'a', 9, {}),
  ];
  expect(failureOf(traceOf(spans))).toEqual({ service: 'pay', operation: 'op c', message: 'declined' });
});

it('prefers the recorded exception, and its first line', () => {
  const logs = [{ timestamp: 1, fields: [{ key: 'exception.message', value: 'no stock\n at x' }] }];
  expect(failureOf(traceOf([span('a', '', 0, { error: true, 'otel.status_description': 'failed' }, { logs })]))!.message).toBe('no stock');
});

it('takes the first of several, and none of a good trace', () => {
  expect(failureOf(traceOf([span('x', '', 5, { error: 'true' }), span('y', '', 3, { 'otel.status_code': 'ERROR' })]))).toEqual({ service: 'shop', operation: 'op y', message: '' });
  expect(failureOf(traceOf([span('a', '', 0, {})]))).toBeNull();
  expect(failureOf(traceOf([]))).toBeNull();
});
