// LogQL in the editor: highlighting by its grammar, completion of labels, values and stages.
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { LanguageSupport, LRLanguage } from '@codemirror/language';
import { parser } from '@grafana/lezer-logql';
import { styleTags, tags } from '@lezer/highlight';
import { logLabels } from '../api/loki/labels';
import { logLabelValues } from '../api/loki/label_values';
import { logqlPlaceOf } from './logql_place';

const language = LRLanguage.define({
  parser: parser.configure({
    props: [
      styleTags({
        LineComment: tags.comment,
        'Selector/Matchers/Matcher/Identifier Grouping/Identifier LabelFilter/Matcher/Identifier': tags.labelName,
        Identifier: tags.labelName,
        String: tags.string,
        'Number Duration Range Bytes': tags.number,
        'By Without And Or On Ignoring Bool Unwrap Offset': tags.keyword,
        'Json Logfmt Regexp Pattern Unpack LineFormat LabelFormat Drop Keep Decolorize': tags.keyword,
        'Sum Avg Count Max Min Topk Bottomk Stddev Stdvar': tags.modifier,
        'CountOverTime Rate BytesOverTime BytesRate SumOverTime AvgOverTime MaxOverTime MinOverTime QuantileOverTime':
          tags.function(tags.variableName),
      }),
    ],
  }),
});

const lookBackMs = 3600_000;
const recent = () => ({ fromMs: Date.now() - lookBackMs, toMs: Date.now() });

const words = (type: string, list: string[]): Completion[] => list.map((label) => ({ label, type }));
const stages: Completion[] = [
  ...words('keyword', ['json', 'logfmt', 'unpack', 'decolorize']),
  ...['line_format', 'label_format', 'regexp', 'pattern', 'unwrap', 'drop', 'keep'].map((label) => ({ label, type: 'keyword', apply: `${label} ` })),
];
const functions = words('function', [
  'sum by (', 'count_over_time(', 'rate(', 'bytes_rate(', 'bytes_over_time(', 'sum_over_time(', 'avg_over_time(',
  'max_over_time(', 'min_over_time(', 'quantile_over_time(', 'topk(',
]);

async function complete(context: CompletionContext): Promise<CompletionResult | null> {
  const before = context.state.doc.sliceString(0, context.pos);
  const place = logqlPlaceOf(before);
  if (place.kind === 'none' || (!context.explicit && place.prefix === '' && place.kind === 'function')) return null;
  const from = context.pos - place.prefix.length;
  switch (place.kind) {
    case 'label':
      return { from, options: words('property', await logLabels(recent()).catch(() => [])), validFor: /^\w*$/ };
    case 'value': {
      const values = await logLabelValues(place.label, recent()).catch(() => []);
      return { from, options: words('text', values), validFor: /^[^"]*$/ };
    }
    case 'stage':
      return { from, options: stages, validFor: /^\w*$/ };
    case 'function':
      return { from, options: functions, validFor: /^\w*$/ };
  }
}

export function logqlExtension(): LanguageSupport {
  return new LanguageSupport(language, [language.data.of({ autocomplete: complete })]);
}
