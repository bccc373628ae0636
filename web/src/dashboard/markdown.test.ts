import { describe, expect, it } from 'vitest';
import { fromHtml, inline, parseMarkdown, safeHref } from './markdown';

describe('markdown', () => {
  it('has headings, lists, code, paragraphs', () => {
    expect(parseMarkdown('# A *b*\n\n- x\n- `y`\n\n1. z\n\n```sh\nls -l\n```\ntext\nmore').map((node) => (typeof node === 'string' ? node : node.tag))).toEqual(['h1', 'ul', 'ol', 'pre', 'p']);
  });
  it('has links, but to no script', () => {
    expect(inline('[a](https://x.y "t") [b](javascript:alert(1)) <https://z>')).toEqual([
      { tag: 'a', href: 'https://x.y', children: ['a'] },
      ' ',
      { tag: 'span', children: ['b'] },
      expect.anything(),
      { tag: 'a', href: 'https://z', children: ['https://z'] },
    ]);
    expect(['JavaScript:x', 'data:text/html,x', '//evil', ' vbscript:x'].map(safeHref)).toEqual([undefined, undefined, undefined, undefined]);
    expect(safeHref('/d/abc')).toBe('/d/abc');
  });
  it('ends on anything', () => {
    for (const text of ['', '```', '* ', '#', '[', '![', '**', '>', '\n\n\n', '-'.repeat(5000), '[a]('.repeat(300)]) expect(parseMarkdown(text)).toBeInstanceOf(Array);
  });
});

describe('html', () => {
  const text = (content: string) => ({ nodeType: 3, nodeName: '#text', textContent: content, childNodes: [] });
  const node = (name: string, children: object[] = [], attributes: Record<string, string> = {}) => ({ nodeType: 1, nodeName: name.toUpperCase(), textContent: '', childNodes: children, getAttribute: (key: string) => attributes[key] ?? null });
  it('keeps words and structure, and no script, style or handler', () => {
    const body = node('body', [node('h1', [text('Hi')], { onclick: 'x()' }), node('script', [text('alert(1)')]), node('a', [text('go')], { href: 'javascript:x' }), node('center', [node('b', [text('mid')])])]);
    expect(fromHtml(body)).toEqual([{ tag: 'h1', children: ['Hi'] }, { tag: 'span', children: ['go'] }, { tag: 'b', children: ['mid'] }]);
  });
});
