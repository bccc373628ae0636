import { describe, expect, it } from 'vitest';
import { constantOf } from './constant';
import { splitThreshold } from './threshold';

const brief = (expression: string) =>
  splitThreshold(expression).map((part) => [part.expr, part.comparison, part.threshold ?? part.against]);

describe('constantOf', () => {
  it.each([
    ['0.01', 0.01],
    ['14 * 0.001', 0.014],
    ['-2 ^ 2', -4],
    ['(1 + 2) * 3 % 5', 4],
    ['1e3', 1000],
    ['0x10', 16],
    ['+Inf', Infinity],
    ['10_000', 10000],
    ['1 - - 1', 2],
  ])('%s', (text, value) => expect(constantOf(text)).toBeCloseTo(value));

  it.each(['', 'up', '1 +', '(1', '1 2', 'time()', '5m', '0 / 0'])('%s is none', (text) => expect(constantOf(text)).toBeNull());
});

describe('splitThreshold', () => {
  it('takes the comparison off', () => {
    expect(brief('(\n  sum(rate(a{s=~"5.."}[5m]))\n  /\n  sum(rate(a[5m]))\n) > 0.01')).toEqual([
      ['sum(rate(a{s=~"5.."}[5m]))\n  /\n  sum(rate(a[5m]))', '>', 0.01],
    ]);
    expect(brief('up{job="sample-app"} == 0')).toEqual([['up{job="sample-app"}', '==', 0]]);
    expect(brief('a >= bool 2')).toEqual([['a', '>=', 2]]);
    expect(brief('(a != 3)')).toEqual([['a', '!=', 3]]);
  });

  it('turns a comparison that begins with the number', () => {
    expect(brief('0.5 < rate(a[1m])')).toEqual([['rate(a[1m])', '>', 0.5]]);
  });

  it('gives both halves of a burn rate', () => {
    expect(brief('(sum(a) / sum(b)) > 14 * 0.001\n AND\n (sum(c) / sum(d)) > 14 * 0.001')).toEqual([
      ['sum(a) / sum(b)', '>', 14 * 0.001],
      ['sum(c) / sum(d)', '>', 14 * 0.001],
    ]);
    expect(brief('(a > 1 and on(job) b > 2) or (c > 3 unless ignoring (x) d)')).toEqual([
      ['a', '>', 1],
      ['b', '>', 2],
      ['c', '>', 3],
      ['d', null, null],
    ]);
  });

  it('keeps an expression on the other side', () => {
    expect(brief('a > on(job) group_left(x) (b * 2)')).toEqual([['a', '>', 'b * 2']]);
  });

  it('is not misled by strings, names, brackets and comments', () => {
    expect(brief('a{x="b > 1 and c", y=`or`} # > 5\n > 2')).toEqual([['a{x="b > 1 and c", y=`or`}', '>', 2]]);
    expect(brief('job:and:or > 1')).toEqual([['job:and:or', '>', 1]]);
    expect(brief('count(a > 1)')).toEqual([['count(a > 1)', null, null]]);
    expect(brief('absent(up{job="x"})')).toEqual([['absent(up{job="x"})', null, null]]);
    expect(brief('a{x="\\""} < 1')).toEqual([['a{x="\\""}', '<', 1]]);
    expect(brief('((a) + (b)) > 1')).toEqual([['(a) + (b)', '>', 1]]);
    expect(brief('(a) > 1')).toEqual([['a', '>', 1]]);
  });

  it('survives what is no expression', () => {
    for (const text of ['', ')', '((', '"', '> 1', 'a >', 'and', '#', '(a) and (b']) expect(() => splitThreshold(text)).not.toThrow();
  });
});
