// Every real dashboard that lies beside the checkout is read, laid out and planned without an
// exception, and everything of it that is not shown is named.
import { describe, expect, it } from 'vitest';
import type { QueryResponse } from '../api/prometheus/query';
import { chartLines } from './chart_lines';
import { framesOf, type TargetAnswer } from './frames';
import { asObject } from './json';
import { placeDashboard } from './layout';
import { parseDashboard, unsupportedIn } from './parse_dashboard';
import { planPanel } from './queries';
import { shownSeries, shownValues } from './shown';
import { ownDatasources } from './sources';
import { tableModel } from './table_model';
import { transformFrames } from './transform';
import { chosenValues, customOptions, toVariableValue } from './variable_options';

// The build leaves tests out; here the folder may be missing, and then nothing is found.
const found = import.meta.glob<string>(['../../../../shared/data/dashboards/**/*.json', '../../../../shared/lab/dashboards/*.json', '!**/PANELS.json'], { query: '?raw', import: 'default' });
const files = Object.keys(found).map((path) => path.replace(/^.*shared\//, ''));

const page = { fromMs: 1_700_000_000_000, toMs: 1_700_003_600_000 };

function madeUp(instant: boolean): QueryResponse {
  const metrics = [{ job: 'a', instance: 'x', le: '1' }, { job: 'b', instance: 'y', le: '+Inf' }];
  if (instant) return { resultType: 'vector', result: metrics.map((metric, i) => ({ metric, value: [1_700_003_600, String(i)] })) };
  return { resultType: 'matrix', result: metrics.map((metric, i) => ({ metric, values: [[1_700_000_000, '1'], [1_700_000_060, i === 0 ? 'NaN' : '2.5']] })) };
}

describe.skipIf(files.length === 0)('real dashboards (skipped where ../shared is not there)', () => {
  it.each(files)('%s', async (file) => {
    const path = Object.keys(found).find((key) => key.endsWith(`shared/${file}`))!;
    const json = asObject(JSON.parse(await found[path]!()));
    const dashboard = parseDashboard(json.dashboard ?? json);
    const variables = new Map(
      dashboard.variables.map((variable) => {
        const options = variable.kind === 'custom' ? customOptions(variable.query) : ['a', 'b'].map((value) => ({ text: value, value }));
        return [variable.name, toVariableValue({ variable, options, values: chosenValues(variable, options, undefined), error: '' })] as const;
      }),
    );
    const sections = placeDashboard(dashboard, variables);
    const placed = sections.flatMap(({ panels }) => panels);
    expect(new Set(placed.map(({ key }) => key)).size).toBe(placed.length);
    expect(dashboard.title).not.toBe('');
    const named = unsupportedIn(dashboard).map(({ what }) => what);
    for (const { panel, fixed } of placed) {
      if (panel.body.kind === 'unsupported') expect(named).toContain(panel.body.why);
      const plan = planPanel(panel, { variables, fixed, page, known: ownDatasources, width: 12 });
      for (const { expr } of plan.asks) expect(expr).not.toMatch(/\$__(?:rate_)?(?:interval|range)|\[\[/);
      const answers: TargetAnswer[] = plan.asks.map(({ target, expr, instant }) => ({ target, expr, instant, data: madeUp(instant) }));
      const frames = transformFrames(framesOf(answers).frames, panel.transformations);
      if (panel.body.kind === 'timeseries') chartLines(shownSeries(panel, frames), plan.asks);
      else if ('reduce' in panel.body) for (const value of shownValues(panel, panel.body.reduce, frames)) expect(value.text).toBeTypeOf('string');
      else if (panel.body.kind === 'table') tableModel(panel, frames, 0);
    }
  });
});

it('reads anything without an exception', () => {
  const hostile = [null, 3, 'x', [], {}, { panels: 3 }, { panels: [null, 3, [], {}] }, { panels: [{ type: 'graph', yaxes: 'x', seriesOverrides: [3, { alias: '/(/' }] }] }, { rows: [{ panels: [{ type: 'singlestat', thresholds: 'a,b' }] }, null] }, { templating: { list: [null, { name: 'a', current: 3, options: 'x' }] } }, { panels: [{ type: 'stat', targets: [null], fieldConfig: { defaults: { thresholds: { steps: [null] }, mappings: [null, { type: 'value', options: 3 }] }, overrides: [null, { matcher: 3, properties: 'x' }] } }] }];
  for (const json of hostile) {
    const dashboard = parseDashboard(json);
    expect(placeDashboard(dashboard, new Map())).toBeInstanceOf(Array);
    expect(unsupportedIn(dashboard)).toBeInstanceOf(Array);
  }
});
