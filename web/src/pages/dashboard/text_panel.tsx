// Words of the dashboard's author, in Markdown, HTML or as code.
import { createElement, useMemo, type ReactNode } from 'react';
import { fromHtml, parseMarkdown, type TextNode } from '../../dashboard/markdown';
import styles from './text_panel.module.css';

const empty = new Set(['br', 'hr']);
/** A panel is below the page's own headings. */
const lower: Record<string, string> = { h1: 'h3', h2: 'h4', h3: 'h5', h4: 'h6', h5: 'h6' };

function toReact(nodes: TextNode[]): ReactNode[] {
  return nodes.map((node, key) => {
    if (typeof node === 'string') return node;
    const tag = lower[node.tag] ?? node.tag;
    if (empty.has(tag)) return createElement(tag, { key });
    const isAway = node.href !== undefined && /^https?:/i.test(node.href);
    return createElement(tag, { key, href: node.href, ...(isAway ? { target: '_blank', rel: 'noreferrer noopener' } : {}) }, ...toReact(node.children));
  });
}

export function TextPanel({ mode, content }: { mode: string; content: string }) {
  const nodes = useMemo(() => {
    if (mode === 'code') return [{ tag: 'pre', children: [content] }];
    const isHtml = mode === 'html' || /^\s*<[a-z]/i.test(content);
    return isHtml ? fromHtml(new DOMParser().parseFromString(content, 'text/html').body) : parseMarkdown(content);
  }, [mode, content]);
  return <div className={styles.text}>{toReact(nodes)}</div>;
}
