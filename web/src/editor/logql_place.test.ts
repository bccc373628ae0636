import { expect, it } from 'vitest';
import { logqlPlaceOf } from './logql_place';

it.each([
  ['{', { kind: 'label', prefix: '' }],
  ['{app="x", na', { kind: 'label', prefix: 'na' }],
  ['{app=~"ch', { kind: 'value', label: 'app', prefix: 'ch' }],
  ['{app="x"', { kind: 'none', prefix: '' }],
  ['{app="x"} | js', { kind: 'stage', prefix: 'js' }],
  ['{app="x"} |', { kind: 'stage', prefix: '' }],
  ['{app="x"} |= "a | b', { kind: 'none', prefix: '' }],
  ['{app="x"} |= `a "| b', { kind: 'none', prefix: '' }],
  ['sum by (level, na', { kind: 'label', prefix: 'na' }],
  ['count_', { kind: 'function', prefix: 'count_' }],
])('knows what is written after %s', (before, place) => {
  expect(logqlPlaceOf(before)).toEqual(place);
});
