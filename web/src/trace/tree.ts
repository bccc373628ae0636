// The spans of a trace as a tree in the order of the waterfall.
import type { JaegerProcess, JaegerSpan, JaegerTrace } from '../api/jaeger/trace';
import { isErrorSpan, tagValue } from './tags';

export interface SpanNode {
  span: JaegerSpan;
  /** Unique in the tree, also where two spans share an id. */
  key: string;
  service: string;
  process: JaegerProcess;
  parent: SpanNode | null;
  children: SpanNode[];
  depth: number;
  isError: boolean;
  /** Some span below has failed. */
  hasErrorBelow: boolean;
  descendants: number;
  /** Microseconds in which no child ran. */
  selfMicros: number;
  /** From the start of the trace, in microseconds; clocks may differ, so it may be before the parent's. */
  offsetMicros: number;
}

export interface TraceTree {
  roots: SpanNode[];
  /** All nodes, parents before children. */
  nodes: SpanNode[];
  startMicros: number;
  durationMicros: number;
}

const unknownProcess: JaegerProcess = { serviceName: 'unknown', tags: [] };

/** Spans whose parent is missing become roots; a cycle of references is cut. */
export function buildTree(trace: JaegerTrace): TraceTree {
  const start = trace.spans.reduce((least, span) => Math.min(least, span.startTime), Infinity);
  const end = trace.spans.reduce((most, span) => Math.max(most, span.startTime + span.duration), -Infinity);
  const nodes = trace.spans.map((span, i) => makeNode(trace, span, i, start));
  const byId = new Map<string, SpanNode[]>();
  for (const node of nodes) byId.set(node.span.spanID, [...(byId.get(node.span.spanID) ?? []), node]);
  for (const node of nodes) {
    const parent = parentOf(node, byId);
    if (parent) adopt(parent, node);
  }
  cutCycles(nodes);
  for (const node of nodes) node.children.sort(byStart);
  const roots = nodes.filter((node) => node.parent === null).sort(byStart);
  const ordered = inOrder(roots);
  for (const node of ordered.toReversed()) sumUp(node);
  const hasSpans = trace.spans.length > 0;
  return { roots, nodes: ordered, startMicros: hasSpans ? start : 0, durationMicros: hasSpans ? Math.max(1, end - start) : 1 };
}

function makeNode(trace: JaegerTrace, span: JaegerSpan, index: number, start: number): SpanNode {
  const process = trace.processes[span.processID] ?? unknownProcess;
  return {
    span,
    key: `${span.spanID}-${index}`,
    service: process.serviceName,
    process,
    parent: null,
    children: [],
    depth: 0,
    isError: isErrorSpan(span),
    hasErrorBelow: false,
    descendants: 0,
    selfMicros: span.duration,
    offsetMicros: span.startTime - start,
  };
}

const byStart = (a: SpanNode, b: SpanNode) => a.span.startTime - b.span.startTime || b.span.duration - a.span.duration;

/** Zipkin's client and server spans share an id: the server's is below the client's. */
function parentOf(node: SpanNode, byId: Map<string, SpanNode[]>): SpanNode | null {
  const sharing = byId.get(node.span.spanID) ?? [];
  if (sharing.length > 1 && tagValue(node.span.tags, 'span.kind') === 'server') {
    const client = sharing.find((other) => other !== node && tagValue(other.span.tags, 'span.kind') === 'client');
    if (client) return client;
  }
  const references = node.span.references ?? [];
  const reference =
    references.find((ref) => ref.refType === 'CHILD_OF' && ref.traceID === node.span.traceID) ??
    references.find((ref) => ref.traceID === node.span.traceID);
  if (!reference) return null;
  const candidates = (byId.get(reference.spanID) ?? []).filter((other) => other !== node);
  return candidates.find((other) => tagValue(other.span.tags, 'span.kind') === 'server') ?? candidates[0] ?? null;
}

function adopt(parent: SpanNode, child: SpanNode): void {
  child.parent = parent;
  parent.children.push(child);
}

/** A node that no root reaches hangs in a cycle: one span of each cycle becomes a root. */
function cutCycles(nodes: SpanNode[]): void {
  const reached = new Set(inOrder(nodes.filter((node) => node.parent === null)));
  for (const node of nodes) {
    if (reached.has(node)) continue;
    const seen = new Set<SpanNode>();
    let at = node;
    while (!seen.has(at)) {
      seen.add(at);
      at = at.parent!;
    }
    at.parent!.children = at.parent!.children.filter((child) => child !== at);
    at.parent = null;
    for (const below of inOrder([at])) reached.add(below);
  }
}

/** Parents before children, without recursion: a trace may be deeper than the stack. */
function inOrder(roots: SpanNode[]): SpanNode[] {
  const ordered: SpanNode[] = [];
  const stack = roots.toReversed();
  while (stack.length > 0) {
    const node = stack.pop()!;
    node.depth = node.parent ? node.parent.depth + 1 : 0;
    ordered.push(node);
    for (let i = node.children.length - 1; i >= 0; --i) stack.push(node.children[i]!);
  }
  return ordered;
}

function sumUp(node: SpanNode): void {
  for (const child of node.children) {
    node.descendants += child.descendants + 1;
    node.hasErrorBelow ||= child.isError || child.hasErrorBelow;
  }
  node.selfMicros = selfTime(node);
}

function selfTime(node: SpanNode): number {
  const from = node.span.startTime;
  const to = from + node.span.duration;
  let covered = 0;
  let reached = from;
  for (const { span } of node.children) {
    const begin = Math.max(span.startTime, reached);
    const finish = Math.min(span.startTime + span.duration, to);
    if (finish > begin) {
      covered += finish - begin;
      reached = finish;
    }
  }
  return Math.max(0, node.span.duration - covered);
}

/** The rows to show when some nodes are folded. */
export function visibleNodes(nodes: SpanNode[], folded: ReadonlySet<string>): SpanNode[] {
  const shown: SpanNode[] = [];
  let hiddenBelow = Infinity;
  for (const node of nodes) {
    if (node.depth > hiddenBelow) continue;
    hiddenBelow = folded.has(node.key) ? node.depth : Infinity;
    shown.push(node);
  }
  return shown;
}
