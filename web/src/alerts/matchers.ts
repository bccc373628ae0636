// Matchers of labels as Alertmanager writes them: read, written, and tried on labels.
import type { SilenceMatcher } from '../api/alertmanager/silences';
import type { LabelSet } from '../api/prometheus/envelope';

const oneMatcher = /^\s*(?:"((?:[^"\\]|\\.)+)"|([^\s"{}=!~,]+))\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",{}]*))\s*(?:,|$)/;

/** `{a="b", c=~"d|e"}`, with or without braces; null where it cannot be read. */
export function parseMatchers(text: string): SilenceMatcher[] | null {
  let rest = text.trim().replace(/^\{([^]*)\}$/, '$1').trim();
  const found: SilenceMatcher[] = [];
  while (rest !== '') {
    const match = oneMatcher.exec(rest);
    if (!match) return null;
    const [whole, quotedName, name, op, quoted, plain] = match;
    const value = quoted === undefined ? plain! : unescape(quoted);
    found.push({ name: quotedName === undefined ? name! : unescape(quotedName), value, isRegex: op!.endsWith('~'), isEqual: !op!.startsWith('!') });
    rest = rest.slice(whole.length).trim();
  }
  return found;
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char === 't' ? '\t' : char));
}

export function matcherText({ name, value, isRegex, isEqual = true }: SilenceMatcher): string {
  const op = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=';
  return `${/^[\w.:-]+$/.test(name) ? name : JSON.stringify(name)}${op}${JSON.stringify(value)}`;
}

export function matchersText(matchers: SilenceMatcher[]): string {
  return `{${matchers.map(matcherText).join(', ')}}`;
}

/** One matcher a label, the name of the alert first. */
export function matchersOf(labels: LabelSet): SilenceMatcher[] {
  return Object.entries(labels)
    .toSorted(([a], [b]) => Number(b === 'alertname') - Number(a === 'alertname') || a.localeCompare(b))
    .map(([name, value]) => ({ name, value, isRegex: false, isEqual: true }));
}

/** Whether all matchers hold; a missing label is an empty one. A broken pattern matches nothing. */
export function matches(matchers: SilenceMatcher[], labels: LabelSet): boolean {
  return matchers.every(({ name, value, isRegex, isEqual = true }) => {
    const have = labels[name] ?? '';
    if (!isRegex) return (have === value) === isEqual;
    const pattern = patternOf(value);
    return pattern !== null && pattern.test(have) === isEqual;
  });
}

export function patternOf(text: string): RegExp | null {
  try {
    const flags = /^\(\?([is]+)\)/.exec(text);
    return new RegExp(`^(?:${flags ? text.slice(flags[0].length) : text})$`, flags?.[1] ?? '');
  } catch {
    return null;
  }
}

/** Why these matchers make no silence; empty if they do. */
export function faultOf(matchers: SilenceMatcher[]): string {
  if (matchers.length === 0) return 'Add a matcher, or nothing would be silenced.';
  const broken = matchers.find((matcher) => matcher.isRegex && patternOf(matcher.value) === null);
  if (broken) return `${matcherText(broken)} is no valid pattern.`;
  const matchesNothing = (matcher: SilenceMatcher) => matches([matcher], {});
  return matchers.every(matchesNothing) ? 'At least one matcher must ask for a value, or all alerts would be silenced.' : '';
}
