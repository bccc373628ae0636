import { describe, expect, it } from 'vitest';
import { interpolate, namesIn, type Scope, type VariableValue } from './interpolate';

const value = (values: string[], more: Partial<VariableValue> = {}): VariableValue => ({ values, texts: values, allValue: '', isAll: false, multi: values.length > 1, ...more });
const scope: Scope = {
  variables: new Map([
    ['job', value(['api'])],
    ['pod', value(['a.b', 'c|d'])],
    ['one', value(['a.b'], { multi: true })],
    ['all', value(['x', 'y'], { isAll: true, allValue: '.*', texts: ['All'] })],
    ['every', value(['x', 'y'], { isAll: true, texts: ['All'] })],
    ['path', value(['C:\\x "y"'])],
    ['named', value(['0.5'], { texts: ['p50'] })],
  ]),
  builtins: new Map([['__interval', '15s'], ['__from', '1700000000123'], ['__rate_interval', '1m']]),
};

describe('variables in queries', () => {
  it.each([
    ['up{job="$job"}', 'up{job="api"}'],
    ['up{job="${job}"} [[job]]', 'up{job="api"} api'],
    ['rate(x[$__interval]) $__rate_interval', 'rate(x[15s]) 1m'],
    ['x{pod=~"$pod"}', 'x{pod=~"(a\\\\.b|c\\\\|d)"}'],
    ['x{pod=~"$one"}', 'x{pod=~"a\\\\.b"}'],
    ['x{a=~"$all"}', 'x{a=~".*"}'],
    ['x{a=~"$every"}', 'x{a=~"(x|y)"}'],
    ['x{p="$path"}', 'x{p="C:\\\\x \\"y\\""}'],
    ['$unknown ${unknown:csv} [[unknown]]', '$unknown ${unknown:csv} [[unknown]]'],
    ['^a$', '^a$'],
    ['$jobs', '$jobs'],
  ])('%s', (text, want) => expect(interpolate(text, scope, 'prometheus')).toBe(want));

  it('joins without brackets for Loki', () => expect(interpolate('{a=~"$every"}', scope, 'loki')).toBe('{a=~"x|y"}'));
});

describe('formats', () => {
  it.each([
    ['csv', 'a.b,c|d'],
    ['raw', 'a.b,c|d'],
    ['pipe', 'a.b|c|d'],
    ['regex', '(a\\.b|c\\|d)'],
    ['glob', '{a.b,c|d}'],
    ['json', '["a.b","c|d"]'],
    ['singlequote', "'a.b','c|d'"],
    ['doublequote', '"a.b","c|d"'],
    ['sqlstring', "'a.b','c|d'"],
    ['text', 'a.b + c|d'],
    ['queryparam', 'var-pod=a.b&var-pod=c%7Cd'],
    ['distributed', 'a.b,pod=c|d'],
    ['lucene', '("a.b" OR "c|d")'],
    ['percentencode', '%7Ba.b%2Cc%7Cd%7D'],
  ])('%s', (format, want) => {
    expect(interpolate(`\${pod:${format}}`, scope, 'prometheus')).toBe(want);
    expect(interpolate(`[[pod:${format}]]`, scope, 'prometheus')).toBe(want);
  });
  it('writes times', () => {
    expect(interpolate('${__from:date:iso} ${__from:date:seconds} $__from', scope, 'plain')).toBe('2023-11-14T22:13:20.123Z 1700000000 1700000000123');
  });
});

it('reads in titles as people chose', () => {
  expect(interpolate('$pod of $every at $named ${named:raw}', scope, 'title')).toBe('a.b + c|d of All at p50 0.5');
});

it('names what a text depends on', () => {
  expect(namesIn('label_values(up{a="$job", b=~"${pod:regex}"}, [[x]])')).toEqual(['job', 'pod', 'x']);
});
