import { expect, it } from 'vitest';
import { excerptAt, offsetOf, placeError } from './error_position';

it('finds the place in errors of Prometheus', () => {
  expect(placeError('invalid parameter "query": 1:5: parse error: unclosed left parenthesis', 'sum((x)')).toEqual({
    message: 'parse error: unclosed left parenthesis',
    offset: 4,
  });
  expect(placeError('2:1: parse error: bad', 'up\n+')).toEqual({ message: 'parse error: bad', offset: 3 });
});

it('finds the place in errors of Loki', () => {
  const placed = placeError('parse error at line 1, col 3: syntax error: unexpected }', '{a}');
  expect(placed).toEqual({ message: 'syntax error: unexpected }', offset: 2 });
});

it('leaves other errors as they are', () => {
  expect(placeError('query timed out after 10:30', 'up')).toEqual({ message: 'query timed out after 10:30', offset: null });
});

it('stays inside of the text', () => {
  expect(offsetOf('abc', 9, 9)).toBe(3);
  expect(offsetOf('abc\nde', 2, 1)).toBe(4);
  expect(excerptAt('abc\ndef\ngh', 5)).toEqual({ line: 'def', column: 1 });
  expect(excerptAt('abc', 3)).toEqual({ line: 'abc', column: 3 });
});
