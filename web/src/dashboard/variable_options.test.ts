import { describe, expect, it } from 'vitest';
import { parseVariables } from './parse_variables';
import { inOrder } from './resolve_variables';
import { allValue, applyRegex, chosenValues, customOptions, parseVariableQuery, sortOptions, toVariableValue } from './variable_options';

const one = (json: object) => parseVariables({ list: [{ name: 'v', type: 'query', query: 'label_values(job)', ...json }] })[0]!;
const options = (...values: string[]) => values.map((value) => ({ text: value, value }));

describe('queries of variables', () => {
  it.each([
    ['label_values(job)', { kind: 'label_values', match: '', label: 'job' }],
    ['label_values(up{a="b,c"}, instance)', { kind: 'label_values', match: 'up{a="b,c"}', label: 'instance' }],
    ['label_values({__name__=~"(a|b)", job=~"x"},instance)\n', { kind: 'label_values', match: '{__name__=~"(a|b)", job=~"x"}', label: 'instance' }],
    ['label_names()', { kind: 'label_names', match: '' }],
    ['metrics(node_.*)', { kind: 'metrics', pattern: 'node_.*' }],
    ['query_result(count by (a)(x[1m]))', { kind: 'query_result', expr: 'count by (a)(x[1m])' }],
    ['{http_status_code!=""}', { kind: 'series', match: '{http_status_code!=""}' }],
  ])('%s', (text, want) => expect(parseVariableQuery(text)).toEqual(want));
});

describe('choices', () => {
  it('come from text with commas, pairs and escapes', () => {
    expect(customOptions('a, b : 2,c\\,d')).toEqual([{ text: 'a', value: 'a' }, { text: 'b', value: '2' }, { text: 'c,d', value: 'c,d' }]);
  });
  it('are cut out by a regex', () => {
    expect(applyRegex(['up{service.name="a",x="1"}', 'up{service.name="b"}', 'other', 'up{service.name="a"}'], '/.*service.name="([^"]+)".*/')).toEqual(options('a', 'b'));
    expect(applyRegex(['x=1 2', 'y=3 4'], '/(?<text>\\w)=(?<value>\\d)/')).toEqual([{ text: 'x', value: '1' }, { text: 'y', value: '3' }]);
    expect(applyRegex(['a', 'b'], '/(/')).toEqual(options('a', 'b'));
  });
  it('are ordered as asked', () => {
    const found = options('b10', 'a', 'b9', 'B');
    const order = (number: number) => sortOptions(found, number).map(({ value }) => value);
    expect(order(0)).toEqual(['b10', 'a', 'b9', 'B']);
    expect(order(1)).toEqual(['B', 'a', 'b10', 'b9']);
    expect(order(2)).toEqual(['b9', 'b10', 'a', 'B']);
    expect(order(4)[0]).toBe('b10');
    expect(order(5)).toEqual(['a', 'B', 'b10', 'b9']);
    expect(order(7)).toEqual(['a', 'B', 'b9', 'b10']);
  });
});

describe('what is chosen', () => {
  it('is what the address says', () => {
    expect(chosenValues(one({}), options('a', 'b'), ['b'])).toEqual(['b']);
    expect(chosenValues(one({ multi: true }), options('a', 'b'), ['b', 'a'])).toEqual(['b', 'a']);
    expect(chosenValues(one({}), options('a', 'b'), ['gone'])).toEqual(['gone']);
    expect(chosenValues(one({ includeAll: true }), options('a'), ['All'])).toEqual([allValue]);
  });
  it('else what the dashboard was saved with, while it is a choice', () => {
    expect(chosenValues(one({ current: { value: 'b' } }), options('a', 'b'), undefined)).toEqual(['b']);
    expect(chosenValues(one({ current: { value: 'gone' } }), options('a', 'b'), undefined)).toEqual(['a']);
    expect(chosenValues(one({ current: { value: ['$__all'] }, includeAll: true }), options('a'), undefined)).toEqual([allValue]);
    expect(chosenValues(one({}), [], undefined)).toEqual([]);
  });
  it('of texts and constants needs no choices', () => {
    expect(chosenValues(one({ type: 'textbox', query: 'error' }), [], undefined)).toEqual(['error']);
    expect(chosenValues(one({ type: 'textbox', query: 'error' }), [], ['warn'])).toEqual(['warn']);
    expect(chosenValues(one({ type: 'constant', query: 'x' }), [], ['y'])).toEqual(['x']);
  });
  it('of All is all choices, or everything while there are none', () => {
    const all = (found: ReturnType<typeof options>) => toVariableValue({ variable: one({ includeAll: true }), options: found, values: [allValue], error: '' });
    expect(all(options('a', 'b'))).toMatchObject({ values: ['a', 'b'], texts: ['All'], isAll: true, allValue: '' });
    expect(all([])).toMatchObject({ allValue: '.*' });
  });
});

it('asks after what a variable depends on, whatever their order', () => {
  const variables = parseVariables({ list: [{ name: 'c', type: 'query', query: 'label_values(up{b="$b"}, c)' }, { name: 'b', type: 'query', query: 'label_values(up{a=~"${a:regex}"}, b)' }, { name: 'a', type: 'custom', query: '1,2' }] });
  expect(inOrder(variables).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  const circle = parseVariables({ list: [{ name: 'x', query: '$y' }, { name: 'y', query: '$x' }] });
  expect(inOrder(circle)).toHaveLength(2);
});

it('names the kinds that it does not know', () => {
  expect(one({ type: 'adhoc' }).fault).toContain('not supported');
  expect(one({ type: 'groupby' }).fault).toContain('groupby');
});
