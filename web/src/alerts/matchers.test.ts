import { describe, expect, it } from 'vitest';
import { faultOf, matches, matchersOf, matchersText, parseMatchers } from './matchers';

const read = (text: string) => parseMatchers(text)!;

describe('matchers', () => {
  it.each(['{alertname="A", route=~"/a|/b", env!="dev", team!~"x.*"}', '{}', '{a="comma, quote \\" and brace }"}', '{"odd name"="1"}'])(
    'gives back %s',
    (text) => expect(matchersText(read(text))).toBe(text),
  );

  it('reads what amtool takes', () => {
    expect(read('alertname=A env=~"a|b"'.replace(' ', ','))).toHaveLength(2);
    expect(read('a = b')).toEqual([{ name: 'a', value: 'b', isRegex: false, isEqual: true }]);
    expect(read('')).toEqual([]);
    for (const broken of ['a', 'a=="b"', '{a="b"', 'a="b" c="d"', '="x"']) expect(parseMatchers(broken)).toBeNull();
  });

  it('tries them on labels', () => {
    const labels = { alertname: 'HighErrorRate', route: '/pay' };
    const holds = (text: string) => matches(read(text), labels);
    expect(['alertname="HighErrorRate"', 'route=~"/p.*"', 'route!~"/p"', 'env=""', 'env!="x"', 'route=~"(?i)/PAY"'].map(holds)).toEqual(Array(6).fill(true));
    expect(['alertname="x"', 'route=~"/p"', 'env=~".+"', 'route=~"["', 'route="/pay",env="x"'].map(holds)).toEqual(Array(5).fill(false));
  });

  it('refuses what silences nothing or everything', () => {
    expect(faultOf([])).toMatch(/matcher/);
    expect(faultOf(read('a=~".*"'))).toMatch(/all alerts/);
    expect(faultOf(read('a=~"["'))).toMatch(/pattern/);
    expect(faultOf(read('a="b",c=~".*"'))).toBe('');
  });

  it('begins with the name of the alert', () => {
    expect(matchersText(matchersOf({ zone: 'z', alertname: 'A' }))).toBe('{alertname="A", zone="z"}');
  });
});
