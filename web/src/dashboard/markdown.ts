// The Markdown and HTML of text panels as a small tree of safe elements: no script, no style, no image.

export type TextNode = string | { tag: string; href?: string; children: TextNode[] };

/** Where a link may lead: this site, the web, mail. */
export function safeHref(href: string): string | undefined {
  const trimmed = href.trim();
  return /^(https?:\/\/|mailto:|\/(?!\/)|#|\?)/i.test(trimmed) ? trimmed : undefined;
}

const inlinePattern = /(`+)(.+?)\1|\[((?:[^[\]]|!\[[^\]]*\]\([^)]*\))*)\]\(\s*<?([^\s)>]*)>?[^)]*\)|!\[([^\]]*)\]\([^)]*\)|\*\*(.+?)\*\*|__(.+?)__|\*([^*\s][^*]*?)\*|\b_([^_]+)_\b|<(https?:\/\/[^>\s]+)>|(https?:\/\/[^\s<>()]+)/s;

export function inline(text: string, depth = 0): TextNode[] {
  const match = depth < 12 ? inlinePattern.exec(text) : null;
  if (!match) return text === '' ? [] : [text];
  const [whole, , code, label, href, image, strong1, strong2, em1, em2, angle, bare] = match;
  const before = text.slice(0, match.index);
  const rest = inline(text.slice(match.index + whole.length), depth);
  const made = (): TextNode => {
    if (code !== undefined) return { tag: 'code', children: [code.trim()] };
    if (image !== undefined) return image === '' ? '' : `[${image}]`;
    if (label !== undefined) return link(href ?? '', inline(label, depth + 1));
    const url = angle ?? bare;
    if (url !== undefined) return link(url, [url]);
    const strong = strong1 ?? strong2;
    if (strong !== undefined) return { tag: 'strong', children: inline(strong, depth + 1) };
    return { tag: 'em', children: inline(em1 ?? em2 ?? '', depth + 1) };
  };
  return [...(before === '' ? [] : [before]), made(), ...rest];
}

function link(href: string, children: TextNode[]): TextNode {
  const safe = safeHref(href);
  return safe === undefined ? { tag: 'span', children } : { tag: 'a', href: safe, children };
}

/** Headings, lists, quotes, code and paragraphs. */
export function parseMarkdown(text: string): TextNode[] {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  const out: TextNode[] = [];
  let at = 0;
  const take = (test: RegExp) => {
    const taken: string[] = [];
    while (at < lines.length && test.test(lines[at]!)) taken.push(lines[at++]!);
    return taken;
  };
  while (at < lines.length) {
    const line = lines[at]!;
    const heading = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/.exec(line);
    if (line.trim() === '') {
      ++at;
    } else if (/^\s*```/.test(line)) {
      ++at;
      const code = take(/^(?!\s*```)/);
      ++at;
      out.push({ tag: 'pre', children: [code.join('\n')] });
    } else if (heading) {
      ++at;
      out.push({ tag: `h${heading[1]!.length}`, children: inline(heading[2]!) });
    } else if (/^\s*([-*_]\s*){3,}$/.test(line)) {
      ++at;
      out.push({ tag: 'hr', children: [] });
    } else if (/^\s*[-*+]\s+/.test(line)) {
      out.push({ tag: 'ul', children: take(/^\s*[-*+]\s+|^\s{2,}\S/).map((item) => ({ tag: 'li', children: inline(item.replace(/^\s*([-*+]\s+)?/, '')) })) });
    } else if (/^\s*\d+[.)]\s+/.test(line)) {
      out.push({ tag: 'ol', children: take(/^\s*\d+[.)]\s+/).map((item) => ({ tag: 'li', children: inline(item.replace(/^\s*\d+[.)]\s+/, '')) })) });
    } else if (/^\s*>/.test(line)) {
      out.push({ tag: 'blockquote', children: inline(take(/^\s*>/).map((item) => item.replace(/^\s*>\s?/, '')).join('\n')) });
    } else {
      const words = take(/^(?!\s*$|\s{0,3}#{1,6}\s|\s*```|\s*[-*+]\s|\s*>)/);
      out.push({ tag: 'p', children: inline((words.length > 0 ? words : [lines[at++]!]).join('\n')) });
    }
  }
  return out;
}

/** Elements that HTML of a text panel may use; others give their content only. */
const allowed = new Set(['p', 'div', 'span', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'li', 'b', 'strong', 'i', 'em', 'u', 'code', 'pre', 'br', 'hr', 'blockquote', 'table', 'thead', 'tbody', 'tr', 'td', 'th', 'small', 'sub', 'sup']);
const dropped = new Set(['script', 'style', 'iframe', 'object', 'embed', 'svg', 'noscript', 'template', 'form', 'input', 'button', 'link', 'meta', 'head', 'title']);

interface ElementLike {
  nodeType: number;
  nodeName: string;
  textContent: string | null;
  childNodes: ArrayLike<unknown>;
  getAttribute?: (name: string) => string | null;
}

/** `body` is a parsed document's body: nothing of it is put into the page itself. */
export function fromHtml(body: unknown, depth = 0): TextNode[] {
  if (depth > 40) return [];
  return Array.from((body as ElementLike).childNodes).flatMap((child): TextNode[] => {
    const node = child as ElementLike;
    if (node.nodeType === 3) return [node.textContent ?? ''];
    const tag = node.nodeName.toLowerCase();
    if (node.nodeType !== 1 || dropped.has(tag)) return [];
    const children = fromHtml(node, depth + 1);
    if (tag === 'a') return [link(node.getAttribute?.('href') ?? '', children)];
    return allowed.has(tag) ? [{ tag, children }] : children;
  });
}
