// What is being written at the end of an unfinished LogQL query.

export type LogqlPlace =
  | { kind: 'label'; prefix: string }
  | { kind: 'value'; label: string; prefix: string }
  | { kind: 'stage'; prefix: string }
  | { kind: 'function'; prefix: string }
  | { kind: 'none'; prefix: string };

export function logqlPlaceOf(before: string): LogqlPlace {
  const open = before.lastIndexOf('{');
  if (open > before.lastIndexOf('}')) {
    const inside = before.slice(open + 1);
    const value = /(?:^|,)\s*(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)$/.exec(inside);
    if (value) return { kind: 'value', label: value[1]!, prefix: value[2]! };
    const label = /(?:^|,)\s*(\w*)$/.exec(inside);
    return label ? { kind: 'label', prefix: label[1]! } : { kind: 'none', prefix: '' };
  }
  if (isInString(before)) return { kind: 'none', prefix: '' };
  const stage = /\|\s*(\w*)$/.exec(before);
  if (stage) return { kind: 'stage', prefix: stage[1]! };
  const grouping = /\b(?:by|without)\s*\(\s*(?:\w+\s*,\s*)*(\w*)$/.exec(before);
  if (grouping) return { kind: 'label', prefix: grouping[1]! };
  const name = /(?:^|[(\s])(\w*)$/.exec(before);
  return name && !before.includes('{') ? { kind: 'function', prefix: name[1]! } : { kind: 'none', prefix: '' };
}

function isInString(text: string): boolean {
  let quote = '';
  for (let i = 0; i < text.length; ++i) {
    const char = text[i]!;
    if (quote === '"' && char === '\\') ++i;
    else if (quote === char) quote = '';
    else if (quote === '' && (char === '"' || char === '`')) quote = char;
  }
  return quote !== '';
}
