// The number that a constant expression of PromQL means ("14 * 0.001"); null where it is none.

export function constantOf(text: string): number | null {
  const tokens = tokensOf(text);
  if (!tokens || tokens.length === 0) return null;
  const reader = new Reader(tokens);
  const value = reader.sum();
  return value === null || !reader.isAtEnd() || Number.isNaN(value) ? null : value;
}

function tokensOf(text: string): string[] | null {
  const tokens: string[] = [];
  const token = /\s*(0x[0-9a-f]+|(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|inf\b|[-+*/%^()])/giy;
  let end = 0;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    tokens.push(match[1]!.toLowerCase());
    end = token.lastIndex;
  }
  return text.slice(end).trim() === '' ? tokens : null;
}

/** Precedence as in PromQL: ^ over unary sign over * / % over + -. */
class Reader {
  private at = 0;
  constructor(private readonly tokens: string[]) {}

  isAtEnd(): boolean {
    return this.at === this.tokens.length;
  }

  sum(): number | null {
    return this.chain(['+', '-'], () => this.product());
  }

  private product(): number | null {
    return this.chain(['*', '/', '%'], () => this.signed());
  }

  private chain(operators: string[], next: () => number | null): number | null {
    let left = next();
    while (left !== null && operators.includes(this.tokens[this.at] ?? '')) {
      const operator = this.tokens[this.at++]!;
      const right = next();
      left = right === null ? null : apply(operator, left, right);
    }
    return left;
  }

  private signed(): number | null {
    const sign = this.tokens[this.at];
    if (sign !== '-' && sign !== '+') return this.power();
    ++this.at;
    const value = this.signed();
    return value === null ? null : sign === '-' ? -value : value;
  }

  private power(): number | null {
    const base = this.atom();
    if (base === null || this.tokens[this.at] !== '^') return base;
    ++this.at;
    const exponent = this.signed();
    return exponent === null ? null : base ** exponent;
  }

  private atom(): number | null {
    const token = this.tokens[this.at++];
    if (token === '(') {
      const value = this.sum();
      return this.tokens[this.at++] === ')' ? value : null;
    }
    if (token === undefined || !/^[\d.i]/.test(token)) return null;
    return token === 'inf' ? Infinity : Number(token.replaceAll('_', ''));
  }
}

function apply(operator: string, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    default:
      return left % right;
  }
}
