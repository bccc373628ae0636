// The critical path: the spans, and the parts of them, that the end of the trace waited for.
//
// From the end of the root backwards: of the children that ended before the moment, the one that
// ended last is what was waited for; between its end and the moment the parent itself ran. Then
// the same inside of that child, and on from the child's start. A child that outlives its parent
// counts up to the parent's end.
import type { SpanNode, TraceTree } from './tree';

export interface CriticalPart {
  key: string;
  /** Microseconds, as the spans' own times. */
  from: number;
  to: number;
}

interface Task {
  node: SpanNode;
  from: number;
  to: number;
}

/** Parts of the critical path of the longest root, from the end back. */
export function criticalPath(tree: TraceTree): CriticalPart[] {
  const root = tree.roots.toSorted((a, b) => b.span.duration - a.span.duration)[0];
  if (!root) return [];
  const parts: CriticalPart[] = [];
  const tasks: Task[] = [{ node: root, from: root.span.startTime, to: root.span.startTime + root.span.duration }];
  while (tasks.length > 0) {
    const task = tasks.pop()!;
    walkBack(task, parts, tasks);
  }
  return parts;
}

const endOf = ({ span }: SpanNode) => span.startTime + span.duration;

function walkBack({ node, from, to }: Task, parts: CriticalPart[], tasks: Task[]): void {
  let moment = to;
  for (const child of node.children.toSorted((a, b) => endOf(b) - endOf(a))) {
    const begin = Math.max(child.span.startTime, from);
    const finish = Math.min(endOf(child), to);
    // Ran beside what is on the path already, or not at all inside of this time.
    if (finish > moment || finish <= begin || begin >= moment) continue;
    if (moment > finish) parts.push({ key: node.key, from: finish, to: moment });
    tasks.push({ node: child, from: begin, to: finish });
    moment = begin;
  }
  if (moment > from) parts.push({ key: node.key, from, to: moment });
}

/** Microseconds on the critical path, by the key of the span. */
export function criticalMicros(parts: CriticalPart[]): Map<string, number> {
  const micros = new Map<string, number>();
  for (const { key, from, to } of parts) micros.set(key, (micros.get(key) ?? 0) + to - from);
  return micros;
}
