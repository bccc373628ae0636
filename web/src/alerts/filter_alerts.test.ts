import { describe, expect, it } from 'vitest';
import type { Silence } from '../api/alertmanager/silences';
import type { RuleGroup } from '../api/prometheus/rules';
import type { AlertRow } from './alert_rows';
import { filterGroups, filterRows, filterSilences } from './filter_alerts';

const row = (name: string, route: string, receivers: string[] = []) =>
  ({ name, labels: { alertname: name, route }, annotations: { summary: `${name} went wrong` }, delivery: { receivers } }) as unknown as AlertRow;
const rows = [row('HighErrorRate', '/pay', ['pager', 'mail']), row('HighLatency', '/cart', ['mail'])];
const names = (filter: string) => filterRows(rows, filter).map((entry) => entry.name);

describe('filters', () => {
  it.each([
    ['', ['HighErrorRate', 'HighLatency']],
    ['error', ['HighErrorRate']],
    ['high wrong', ['HighErrorRate', 'HighLatency']],
    ['{route="/cart"}', ['HighLatency']],
    ['route=~"/p.*"', ['HighErrorRate']],
    ['receiver="pager"', ['HighErrorRate']],
    ['receiver="mail"', ['HighErrorRate', 'HighLatency']],
    ['route="/nowhere"', []],
  ])('alerts by %s', (filter, wanted) => expect(names(filter)).toEqual(wanted));

  it('keeps groups with rules of the kind', () => {
    const groups = [
      { name: 'a', file: 'f', interval: 1, rules: [{ type: 'alerting', name: 'X', query: 'up' }, { type: 'recording', name: 'r', query: 'q' }] },
      { name: 'b', file: 'f', interval: 1, rules: [{ type: 'recording', name: 's', query: 'q' }] },
    ] as unknown as RuleGroup[];
    expect(filterGroups(groups, 'alerting', '').map((group) => [group.name, group.rules.length])).toEqual([['a', 1]]);
    expect(filterGroups(groups, 'recording', 's"').map((group) => group.name)).toEqual(['b']);
  });

  it('finds silences by their words', () => {
    const silence = { id: 'x1', comment: 'deploy', createdBy: 'ana', matchers: [{ name: 'job', value: 'shop', isRegex: false, isEqual: true }] } as unknown as Silence;
    expect(['', 'DEPLOY', 'ana', 'job="shop"', 'x1'].map((filter) => filterSilences([silence], filter).length)).toEqual([1, 1, 1, 1, 1]);
    expect(filterSilences([silence], 'bob')).toEqual([]);
  });
});
