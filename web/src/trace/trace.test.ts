import { describe, expect, it } from 'vitest';
import type { JaegerSpan, JaegerTrace } from '../api/jaeger/trace';
import { criticalMicros, criticalPath } from './critical_path';
import { summarize } from './summary';
import { isErrorSpan, parseTags } from './tags';
import { buildTree, visibleNodes } from './tree';

function span(id: string, parent: string | null, startTime: number, duration: number, tags: [string, string | boolean][] = []): JaegerSpan {
  return {
    traceID: 't',
    spanID: id,
    operationName: `op ${id}`,
    references: parent ? [{ refType: 'CHILD_OF', traceID: 't', spanID: parent }] : null,
    startTime,
    duration,
    tags: tags.map(([key, value]) => ({ key, value })),
    logs: null,
    processID: id === 'db' ? 'p2' : 'p1',
  };
}

function trace(spans: JaegerSpan[]): JaegerTrace {
  return { traceID: 't', spans, processes: { p1: { serviceName: 'shop' }, p2: { serviceName: 'db' } } };
}

const names = (nodes: { span: JaegerSpan }[]) => nodes.map((node) => node.span.spanID);

describe('tree', () => {
  it('orders by start, parents first', () => {
    const tree = buildTree(trace([span('db', 'b', 60, 10), span('b', 'a', 50, 40), span('a', null, 0, 100), span('c', 'a', 10, 20)]));
    expect(names(tree.nodes)).toEqual(['a', 'c', 'b', 'db']);
    expect(tree.nodes.map((node) => node.depth)).toEqual([0, 1, 1, 2]);
    expect(tree.nodes.map((node) => node.selfMicros)).toEqual([40, 20, 30, 10]);
    expect(tree.nodes[0]!.descendants).toBe(3);
    expect([tree.startMicros, tree.durationMicros]).toEqual([0, 100]);
  });

  it('makes roots of orphans and cuts cycles', () => {
    const tree = buildTree(trace([span('x', 'missing', 5, 1), span('a', 'b', 0, 9), span('b', 'a', 1, 3)]));
    expect(tree.nodes).toHaveLength(3);
    expect(tree.roots).toHaveLength(2);
    expect(tree.nodes.map((node) => node.depth).toSorted()).toEqual([0, 0, 1]);
    const self = buildTree(trace([span('a', 'a', 0, 5)]));
    expect(self.roots).toHaveLength(1);
  });

  it('puts the server span of a shared id below the client span', () => {
    const tree = buildTree(
      trace([span('s', 'root', 12, 6, [['span.kind', 'server']]), span('s', 'root', 10, 10, [['span.kind', 'client']]), span('root', null, 0, 30)]),
    );
    expect(tree.nodes.map((node) => node.depth)).toEqual([0, 1, 2]);
    expect(new Set(tree.nodes.map((node) => node.key)).size).toBe(3);
  });

  it('is not limited by the stack', () => {
    const deep = Array.from({ length: 20_000 }, (_, i) => span(`${i}`, i ? `${i - 1}` : null, i, 40_000 - i));
    const tree = buildTree(trace(deep));
    expect(tree.nodes.at(-1)!.depth).toBe(19_999);
    expect(criticalPath(tree).length).toBeGreaterThan(0);
  });

  it('folds', () => {
    const tree = buildTree(trace([span('a', null, 0, 9), span('b', 'a', 1, 5), span('c', 'b', 2, 2), span('d', 'a', 7, 1)]));
    expect(names(visibleNodes(tree.nodes, new Set([tree.nodes[1]!.key])))).toEqual(['a', 'b', 'd']);
    expect(names(visibleNodes(tree.nodes, new Set([tree.nodes[0]!.key])))).toEqual(['a']);
  });

  it('marks errors and those above them', () => {
    const tree = buildTree(trace([span('a', null, 0, 9), span('b', 'a', 1, 5, [['otel.status_code', 'ERROR']])]));
    expect(tree.nodes.map((node) => [node.isError, node.hasErrorBelow])).toEqual([[false, true], [true, false]]);
    expect(isErrorSpan(span('a', null, 0, 1, [['error', 'true']]))).toBe(true);
    expect(isErrorSpan(span('a', null, 0, 1, [['error', false]]))).toBe(false);
  });

  it('bears a trace without spans', () => {
    expect(buildTree(trace([]))).toMatchObject({ roots: [], nodes: [], durationMicros: 1 });
    expect(criticalPath(buildTree(trace([])))).toEqual([]);
    expect(summarize(trace([]))).toMatchObject({ spanCount: 0, durationMicros: 0 });
  });
});

describe('critical path', () => {
  it('follows what was waited for', () => {
    // a: 0–100; b 10–40 and c 20–80 run beside each other, d 85–95 after both.
    const tree = buildTree(trace([span('a', null, 0, 100), span('b', 'a', 10, 30), span('c', 'a', 20, 60), span('d', 'a', 85, 10)]));
    const micros = criticalMicros(criticalPath(tree));
    const of = (id: string) => micros.get(tree.nodes.find((node) => node.span.spanID === id)!.key) ?? 0;
    expect([of('a'), of('b'), of('c'), of('d')]).toEqual([30, 0, 60, 10]);
    expect([...micros.values()].reduce((sum, value) => sum + value, 0)).toBe(100);
  });

  it('adds up to the duration of the root, also where a child outlives it', () => {
    const tree = buildTree(trace([span('a', null, 0, 50), span('b', 'a', 30, 100), span('c', 'b', 40, 5)]));
    const total = [...criticalMicros(criticalPath(tree)).values()].reduce((sum, value) => sum + value, 0);
    expect(total).toBe(50);
  });
});

describe('tags', () => {
  it('are read as typed', () => {
    expect(parseTags('http.status=500 user="a \\"b\\"" ')).toEqual({ 'http.status': '500', user: 'a "b"' });
    expect(parseTags('')).toEqual({});
    expect(parseTags('no-equals')).toBeNull();
  });
});

it('summarizes', () => {
  const summary = summarize(trace([span('db', 'a', 20, 200, [['error', true]]), span('a', null, 10, 100)]));
  expect(summary).toEqual({
    id: 't', rootService: 'shop', rootOperation: 'op a', startMicros: 10, durationMicros: 210, spanCount: 2, errorCount: 1, failure: { service: 'db', operation: 'op db', message: '' },
    services: [{ name: 'db', spans: 1 }, { name: 'shop', spans: 1 }],
  });
});
