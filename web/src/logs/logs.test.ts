import { describe, expect, it } from 'vitest';
import { levelOf, mergeEntries, toEntries } from './log_entry';
import { fieldsOf, isTraceField, messageOf, splitAtTraceIds, traceIdOf } from './log_fields';
import { addFieldFilter, addMatcher, isMetricQuery, traceFilterInFields, volumeQuery } from './logql_edit';

const id = '0af7651916cd43dd8448eb211c80319c';

describe('entries', () => {
  it('are newest first, to the nanosecond', () => {
    const entries = toEntries([
      { stream: { app: 'a' }, values: [['1700000000000000002', 'second'], ['1700000000000000001', 'first']] },
      { stream: { app: 'b' }, values: [['1700000000000000003', 'third', { trace_id: id }], ['999', 'oldest']] },
    ]);
    expect(entries.map((entry) => entry.line)).toEqual(['third', 'second', 'first', 'oldest']);
    expect(entries[0]!.labels).toEqual({ app: 'b', trace_id: id });
    expect(entries[1]!.ms).toBeCloseTo(1_700_000_000_000, 3);
  });

  it('merge without doubles, up to a number', () => {
    const entries = (lines: string[]) => toEntries([{ stream: {}, values: lines.map((line, i) => [`${1000 + i}`, line]) }]);
    const merged = mergeEntries(entries(['a', 'b', 'c']), entries(['a', 'b']), 10);
    expect(merged.map((entry) => entry.line)).toEqual(['c', 'b', 'a']);
    expect(mergeEntries(entries(['a', 'b', 'c']), [], 2)).toHaveLength(2);
  });

  it('know their level', () => {
    expect(levelOf({ level: 'WARNING' }, '')).toBe('warn');
    expect(levelOf({ detected_level: 'unknown' }, '{"level":"err"}')).toBe('error');
    expect(levelOf({}, 'ts=1 level=info msg=x')).toBe('info');
    expect(levelOf({}, '2026-01-01 FATAL out of memory')).toBe('critical');
    expect(levelOf({}, 'no terror here')).toBe('unknown');
  });
});

describe('fields', () => {
  it('come from JSON and logfmt', () => {
    expect(fieldsOf('{"msg":"hi","http":{"status":200},"tags":["a"],"none":null}')).toEqual([
      { name: 'msg', value: 'hi' }, { name: 'http_status', value: '200' }, { name: 'tags', value: '["a"]' }, { name: 'none', value: 'null' },
    ]);
    expect(fieldsOf('level=info msg="a \\"b\\"" took=3ms')).toEqual([
      { name: 'level', value: 'info' }, { name: 'msg', value: 'a "b"' }, { name: 'took', value: '3ms' },
    ]);
    expect(fieldsOf('plain text with x=1')).toEqual([]);
    expect(fieldsOf('{broken')).toEqual([]);
    expect(messageOf(fieldsOf('{"message":"served","a":1}'))).toBe('served');
  });

  it('stop at a depth and a number', () => {
    expect(fieldsOf(`${'{"a":'.repeat(50)}1${'}'.repeat(50)}`)).toHaveLength(1);
    expect(fieldsOf(JSON.stringify(Object.fromEntries(Array.from({ length: 999 }, (_, i) => [`k${i}`, i]))))).toHaveLength(200);
  });

  it('find traces', () => {
    expect(isTraceField('TraceId', id)).toBe(true);
    expect(isTraceField('trace_id', '0'.repeat(32))).toBe(false);
    expect(isTraceField('request_id', id)).toBe(false);
    expect(traceIdOf({ trace_id: id.toUpperCase() }, '')).toBe(id);
    expect(traceIdOf({}, `{"trace_id": "${id}"}`)).toBe(id);
    expect(traceIdOf({}, `sha=${id}`)).toBeNull();
    expect(splitAtTraceIds(`a traceID=${id} b`)).toEqual([
      { text: 'a traceID=', traceId: null }, { text: id, traceId: id }, { text: ' b', traceId: null },
    ]);
    expect(splitAtTraceIds('trace_id=00f067aa0ba902b7 span=1234567890abcdef').filter((part) => part.traceId)).toHaveLength(1);
    expect(splitAtTraceIds('')).toEqual([]);
  });
});

describe('query edits', () => {
  it('add matchers', () => {
    expect(addMatcher('{a="}"} |= "x"', 'b', '=', 'c"d')).toBe('{a="}", b="c\\"d"} |= "x"');
    expect(addMatcher('{}', 'b', '!=', 'c')).toBe('{b!="c"}');
    expect(addMatcher('', 'b', '=', 'c')).toBe('{b="c"}');
    expect(addMatcher('{b="c"}', 'b', '=', 'c')).toBe('{b="c"}');
  });

  it('add field filters after the parser', () => {
    expect(addFieldFilter('{a="b"}', '{"x":1}', 'http.status', '=', '500')).toBe('{a="b"} | json | http_status="500"');
    expect(addFieldFilter('{a="b"} | logfmt', 'x=1 y=2', 'x', '!=', '1')).toBe('{a="b"} | logfmt | x!="1"');
  });

  it('move a trace id from the text to the fields', () => {
    expect(traceFilterInFields(`{a="}"} |= "${id}"`)).toBe(`{a="}"} | trace_id="${id}"`);
    expect(traceFilterInFields('{a="b"} |= "text"')).toBeNull();
    expect(traceFilterInFields(`{a="b"} |= "x" |= "${id}" | json`)).toBeNull();
  });

  it('tell numbers from lines', () => {
    expect(isMetricQuery('sum by (level) (rate({a="b"}[1m]))')).toBe(true);
    expect(isMetricQuery('count_over_time({a="b"}[1m])')).toBe(true);
    expect(isMetricQuery('{a="b"} |= "rate("')).toBe(false);
    expect(volumeQuery('{a="b"} |= "x"', 15)).toBe('sum by (detected_level, level) (count_over_time({a="b"} |= "x" [15s]))');
  });
});
