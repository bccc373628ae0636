// PromQL in the editor: highlighting, checks, and completion from our own API client.
import type { Extension } from '@codemirror/state';
import { PromQLExtension } from '@prometheus-io/codemirror-promql';
import type { PrometheusClient } from '@prometheus-io/codemirror-promql/dist/esm/client';
import { labelNames } from '../api/prometheus/labels';
import { labelValues } from '../api/prometheus/label_values';
import { metadata } from '../api/prometheus/metadata';
import { series } from '../api/prometheus/series';

const selectorOf = (metric?: string) => (metric ? [`{__name__=${JSON.stringify(metric)}}`] : []);
/** Answers are kept this long, so that typing does not ask again for each letter. */
const keepMs = 30_000;

function remember<T>(ask: (key: string) => Promise<T>, otherwise: T): (key: string) => Promise<T> {
  const kept = new Map<string, { at: number; answer: Promise<T> }>();
  return (key) => {
    const known = kept.get(key);
    if (known && Date.now() - known.at < keepMs) return known.answer;
    const answer = ask(key).catch(() => otherwise);
    kept.set(key, { at: Date.now(), answer });
    return answer;
  };
}

function completionClient(): PrometheusClient {
  const names = remember((metric) => labelNames(selectorOf(metric)), []);
  const values = remember((key) => {
    const [label, metric] = JSON.parse(key) as [string, string];
    return labelValues(label, { matches: selectorOf(metric) });
  }, []);
  const help = remember(() => metadata(), {});
  return {
    labelNames: (metric) => names(metric ?? ''),
    labelValues: (label, metric) => values(JSON.stringify([label, metric ?? ''])),
    metricNames: () => values(JSON.stringify(['__name__', ''])),
    metricMetadata: () => help(''),
    series: async (metric) => {
      const sets = await series(selectorOf(metric)).catch(() => []);
      return sets.map((set) => new Map(Object.entries(set)));
    },
    flags: async () => ({}),
  };
}

export function promqlExtension(): Extension {
  const client = completionClient();
  return new PromQLExtension().activateLinter(false).setComplete({ remote: client }).asExtension();
}
