// Which alerts, rules and silences a typed filter keeps: matchers where it reads as such, else text.
import type { Silence } from '../api/alertmanager/silences';
import type { LabelSet } from '../api/prometheus/envelope';
import type { Rule, RuleGroup } from '../api/prometheus/rules';
import type { AlertRow } from './alert_rows';
import { matchersText, matches, parseMatchers } from './matchers';

/** Decides on labels, and on the text in which words are looked for. */
function filterOf(filter: string): (labels: LabelSet, text: string) => boolean {
  const wanted = filter.trim();
  if (wanted === '') return () => true;
  const matchers = /[=~]/.test(wanted) ? parseMatchers(wanted) : null;
  if (matchers && matchers.length > 0) return (labels) => matches(matchers, labels);
  const words = wanted.toLowerCase().split(/\s+/);
  return (_, text) => words.every((word) => text.toLowerCase().includes(word));
}

const textOf = (labels: LabelSet) => Object.entries(labels).map(([name, value]) => `${name}="${value}"`).join('\n');

/** `receiver="x"` asks for where it goes. */
export function filterRows(rows: AlertRow[], filter: string): AlertRow[] {
  const keeps = filterOf(filter);
  return rows.filter((row) => {
    const receivers = row.delivery?.receivers ?? [];
    const text = `${textOf(row.labels)}\n${Object.values(row.annotations).join('\n')}\n${receivers.join('\n')}`;
    return [undefined, ...receivers].some((receiver) => keeps(receiver ? { ...row.labels, receiver } : row.labels, text));
  });
}

/** Groups with the rules of one kind that the filter keeps; empty groups are left out. */
export function filterGroups(groups: RuleGroup[], type: Rule['type'], filter: string): RuleGroup[] {
  const keeps = filterOf(filter);
  return groups
    .map((group) => ({
      ...group,
      rules: group.rules.filter((rule) => {
        const labels = { ...rule.labels, alertname: rule.name };
        return rule.type === type && keeps(labels, `${group.name}\n${group.file}\n${rule.query}\n${textOf(labels)}`);
      }),
    }))
    .filter((group) => group.rules.length > 0);
}

export function filterSilences(silences: Silence[], filter: string): Silence[] {
  const wanted = filter.trim().toLowerCase();
  return silences.filter(({ id, comment, createdBy, matchers }) => [id, comment, createdBy, matchersText(matchers)].join('\n').toLowerCase().includes(wanted));
}
