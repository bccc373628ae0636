// What tags of Jaeger's JSON say about a span.
import type { JaegerSpan, JaegerTag } from '../api/jaeger/trace';

export function tagValue(tags: JaegerTag[] | null | undefined, key: string): JaegerTag['value'] | undefined {
  return tags?.find((tag) => tag.key === key)?.value;
}

export function isErrorSpan(span: JaegerSpan): boolean {
  const error = tagValue(span.tags, 'error');
  if (error === true || error === 'true') return true;
  return String(tagValue(span.tags, 'otel.status_code') ?? '').toUpperCase() === 'ERROR';
}

/** Tags as the search box writes them: `key=value key="two words"`; null where they cannot be read. */
export function parseTags(text: string): Record<string, string> | null {
  const tags: Record<string, string> = {};
  const rest = text.replace(/([^\s=]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))/g, (_, key: string, quoted?: string, plain?: string) => {
    tags[key] = quoted === undefined ? plain! : quoted.replace(/\\(.)/g, '$1');
    return '';
  });
  return rest.trim() === '' ? tags : null;
}
