import { expect, it } from 'vitest';
import type { LogEntry } from '../logs/log_entry';
import { groupLines, lineText } from './line_groups';

const entry = (line: string): LogEntry => ({ key: line, ns: '1', ms: 1, line, labels: {}, level: 'error' });

it('counts lines that differ in ids and numbers only', () => {
  const id = '0af7651916cd43dd8448eb211c80319c';
  const groups = groupLines(
    [entry('GET /a took 12 ms'), entry(`{"message":"declined","error":"card 12","trace_id":"${id}"}`), entry('GET /a took 99 ms'), entry('{"message":"declined","error":"card 7"}'), entry('GET /a took 1.5 ms')],
    5,
  );
  expect(groups.map(({ text, count, traceId }) => [text, count, traceId])).toEqual([
    ['GET /a took 12 ms', 3, null],
    ['declined: card 12', 2, id],
  ]);
  expect(groupLines([entry('a'), entry('b')], 1)).toHaveLength(1);
});

it('says a structured line in words', () => {
  expect(lineText('{"message":"request failed","error":"request failed: no stock"}')).toBe('request failed: no stock');
  expect(lineText('level=error msg="no route" path=/x')).toBe('no route');
  expect(lineText('plain text')).toBe('plain text');
});
