import type { CriticalPart } from '../../trace/critical_path';
import { criticalMicros } from '../../trace/critical_path';
import type { TraceTree } from '../../trace/tree';

export interface CriticalShare {
  /** Each service's share of the critical path, 0 to 1, most first. */
  services: { name: string; share: number }[];
  /** The span with most time of its own on the path. */
  slowest: { name: string; micros: number } | null;
}

export function criticalShare(tree: TraceTree, parts: CriticalPart[]): CriticalShare {
  const micros = criticalMicros(parts);
  const total = [...micros.values()].reduce((sum, value) => sum + value, 0) || 1;
  const services = new Map<string, number>();
  let slowest: CriticalShare['slowest'] = null;
  for (const node of tree.nodes) {
    const own = micros.get(node.key) ?? 0;
    if (own === 0) continue;
    services.set(node.service, (services.get(node.service) ?? 0) + own);
    if (!slowest || own > slowest.micros) slowest = { name: `${node.service} ${node.span.operationName}`, micros: own };
  }
  return {
    services: [...services].map(([name, own]) => ({ name, share: own / total })).toSorted((a, b) => b.share - a.share),
    slowest,
  };
}
