// What an alert's expression measures, and the line that it must not cross: `A > 0.01 and B > 0.01`
// becomes two parts, each the value to draw and its threshold. It reads structure only (brackets,
// strings, operators), so that anything that it does not know is drawn whole.
import { constantOf } from './constant';

export type Comparison = '>' | '>=' | '<' | '<=' | '==' | '!=';

export interface ThresholdPart {
  /** What to draw. */
  expr: string;
  comparison: Comparison | null;
  /** The line; null where the other side is no number. */
  threshold: number | null;
  /** The other side of a comparison between two expressions. */
  against: string | null;
}

interface Operator {
  kind: 'set' | 'comparison';
  text: string;
  start: number;
  end: number;
}

const flipped: Record<Comparison, Comparison> = { '>': '<', '>=': '<=', '<': '>', '<=': '>=', '==': '==', '!=': '!=' };

export function splitThreshold(expression: string): ThresholdPart[] {
  const text = unwrap(withoutComments(expression));
  const operators = operatorsOf(text);
  const sets = operators.filter((operator) => operator.kind === 'set');
  if (sets.length > 0) {
    const ends = [...sets.map((operator) => operator.start), text.length];
    const starts = [0, ...sets.map((operator) => operator.end)];
    return starts.flatMap((start, i) => splitThreshold(withoutModifiers(text.slice(start, ends[i]))));
  }
  const comparison = operators.at(-1);
  if (!comparison) return [{ expr: text, comparison: null, threshold: null, against: null }];
  const left = unwrap(text.slice(0, comparison.start));
  const right = unwrap(withoutModifiers(text.slice(comparison.end)));
  const operator = comparison.text as Comparison;
  const rightNumber = constantOf(right);
  if (rightNumber !== null) return [{ expr: left, comparison: operator, threshold: rightNumber, against: null }];
  const leftNumber = constantOf(left);
  if (leftNumber !== null) return [{ expr: right, comparison: flipped[operator], threshold: leftNumber, against: null }];
  return [{ expr: left, comparison: operator, threshold: null, against: right }];
}

/** `bool`, `on (…)`, `ignoring (…)`, `group_left (…)` after an operator. */
function withoutModifiers(text: string): string {
  const modifiers = /^\s*(bool\b|(?:on|ignoring)\s*\([^)]*\)|group_(?:left|right)(?:\s*\([^)]*\)(?=\s*\S))?)\s*/i;
  let rest = text;
  while (modifiers.test(rest)) rest = rest.replace(modifiers, '');
  return rest.trim();
}

/** Calls back with every character that stands in no string and in no comment; brackets come with their depth outside. */
function walk(text: string, visit: (char: string, index: number, depth: number) => void, onComment?: (from: number, to: number) => void): void {
  let depth = 0;
  for (let i = 0; i < text.length; ++i) {
    const char = text[i]!;
    if (char === '"' || char === "'" || char === '`') {
      for (++i; i < text.length && text[i] !== char; ++i) if (text[i] === '\\' && char !== '`') ++i;
    } else if (char === '#') {
      const end = text.indexOf('\n', i);
      onComment?.(i, end === -1 ? text.length : end);
      i = end === -1 ? text.length : end;
    } else if ('([{'.includes(char)) {
      visit(char, i, depth++);
    } else if (')]}'.includes(char)) {
      visit(char, i, --depth);
    } else {
      visit(char, i, depth);
    }
  }
}

function withoutComments(text: string): string {
  let kept = '';
  let from = 0;
  walk(text, () => {}, (start, end) => {
    kept += text.slice(from, start);
    from = end;
  });
  return kept + text.slice(from);
}

/** Without the brackets that hold all of it. */
function unwrap(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith('(')) return trimmed;
  let closing = -1;
  walk(trimmed, (char, index, depth) => {
    if (char === ')' && depth === 0 && closing === -1) closing = index;
  });
  return closing === trimmed.length - 1 ? unwrap(trimmed.slice(1, -1)) : trimmed;
}

/** Set operators and comparisons outside of all brackets. */
function operatorsOf(text: string): Operator[] {
  const found: Operator[] = [];
  let end = 0;
  walk(text, (_, index, depth) => {
    if (depth !== 0 || index < end) return;
    const rest = text.slice(index, index + 8);
    const comparison = /^(?:[=!<>]=|[<>])/.exec(rest)?.[0];
    const isWordStart = index === 0 || !/[\w:]/.test(text[index - 1]!);
    const set = isWordStart ? /^(?:and|or|unless)(?![\w:])/i.exec(rest)?.[0] : undefined;
    const word = comparison ?? set;
    if (!word) return;
    end = index + word.length;
    found.push({ kind: comparison ? 'comparison' : 'set', text: word, start: index, end });
  });
  return found;
}
