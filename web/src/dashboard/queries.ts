// What a panel asks: its targets with variables put in, their step and their time.
import type { Datasource } from '../api/grafana/datasources';
import { alignWindow, parseDurationMs, type TimeWindow } from '../time_range';
import { interpolate, type Scope, type VariableValue } from './interpolate';
import { intervalBuiltins, parseInterval, scrapeIntervalMs, stepOf } from './interval';
import type { Fixed } from './layout';
import type { Panel, Target } from './model';
import { chooseSource, type Api } from './sources';

export interface Ask {
  target: Target;
  api: Api;
  expr: string;
  instant: boolean;
  window: TimeWindow;
  stepMs: number;
  maxLines: number;
}

export interface Plan {
  asks: Ask[];
  /** Targets that cannot be asked, each once. */
  faults: string[];
  /** What was assumed. */
  notes: string[];
  scope: Scope;
  window: TimeWindow;
}

/** The page's window, or the panel's own length before its end, or moved back. */
export function panelWindow(panel: Panel, page: TimeWindow): TimeWindow {
  const own = parseDurationMs(panel.timeFrom.replace(/^now-/, ''));
  const shift = parseDurationMs(panel.timeShift.replace(/^now-/, '')) ?? 0;
  const fromMs = own === null ? page.fromMs : page.toMs - own;
  return { fromMs: fromMs - shift, toMs: page.toMs - shift };
}

/** Points over a panel's width: sixty pixels a column of the grid, as on a wide screen. */
export function pointsOf(panel: Panel, width: number): number {
  return panel.maxDataPoints && panel.maxDataPoints > 1 ? panel.maxDataPoints : Math.max(100, width * 60);
}

export function scopeOf(variables: ReadonlyMap<string, VariableValue>, fixed: Fixed, builtins: [string, string][] = []): Scope {
  return { variables: fixed.size > 0 ? new Map([...variables, ...fixed]) : variables, builtins: new Map(builtins) };
}

function isInstant(panel: Panel, target: Target): boolean {
  if (!target.instant) return false;
  return !target.range || panel.body.kind === 'table' || panel.body.kind === 'stat' || panel.body.kind === 'gauge' || panel.body.kind === 'bargauge';
}

interface Context {
  variables: ReadonlyMap<string, VariableValue>;
  fixed: Fixed;
  page: TimeWindow;
  known: Datasource[];
  width: number;
}

function askOf(panel: Panel, target: Target, api: Api, window: TimeWindow, context: Context): Ask {
  const plain = scopeOf(context.variables, context.fixed);
  const least = interpolate(target.minInterval, plain, 'plain') || interpolate(panel.interval, plain, 'plain');
  const minIntervalMs = parseInterval(least) ?? (api === 'prometheus' ? scrapeIntervalMs : 1000);
  const step = stepOf(window, pointsOf(panel, context.width), minIntervalMs, target.intervalFactor);
  const scope = scopeOf(context.variables, context.fixed, [...intervalBuiltins(window, step), ['__auto', 'auto']]);
  const instant = isInstant(panel, target);
  return {
    target,
    api,
    expr: interpolate(target.expr, scope, api).trim(),
    instant,
    window: instant ? window : alignWindow(window, step.stepMs / 1000),
    stepMs: step.stepMs,
    maxLines: target.maxLines ?? 1000,
  };
}

export function planPanel(panel: Panel, context: Context): Plan {
  const window = panelWindow(panel, context.page);
  const faults = new Set<string>();
  const notes = new Set<string>();
  const asks: Ask[] = [];
  const { variables } = scopeOf(context.variables, context.fixed);
  for (const target of panel.targets) {
    const { api, note } = chooseSource(target.source, variables, context.known);
    if (!api) {
      faults.add(note);
      continue;
    }
    if (note !== '') notes.add(note);
    if (target.format === 'heatmap' && panel.body.kind !== 'unsupported') notes.add('format “heatmap”: the buckets are shown as series');
    if (target.expr.trim() === '') {
      continue;
    }
    asks.push(askOf(panel, target, api, window, context));
  }
  const builtins = intervalBuiltins(window, stepOf(window, pointsOf(panel, context.width), scrapeIntervalMs));
  return { asks, faults: [...faults], notes: [...notes], scope: scopeOf(context.variables, context.fixed, builtins), window };
}
