// Panels of older releases in the words of today's: graph, singlestat and what came before `options`.
import { asFlag, asList, asNumber, asObject, asObjects, asText, type JsonObject } from './json';

/** The same panel as a current Grafana would save it; `notes` gets what has no counterpart. */
export function modernPanel(json: JsonObject, notes: string[]): JsonObject {
  const type = asText(json.type);
  if (type === 'graph') return fromGraph(json, notes);
  if (type === 'singlestat' || type === 'grafana-singlestat-panel') return fromSinglestat(json);
  if (type === 'table-old' || (type === 'table' && json.styles !== undefined && json.fieldConfig === undefined)) {
    return fromOldTable(json, notes);
  }
  const options = asObject(json.options);
  // Grafana 6 kept the fields' settings of stat and gauge in their options.
  if (options.fieldOptions !== undefined && json.fieldConfig === undefined) {
    const fields = asObject(options.fieldOptions);
    return { ...json, fieldConfig: { defaults: fields.defaults, overrides: fields.overrides }, options: { ...options, reduceOptions: { calcs: fields.calcs, values: fields.values } } };
  }
  return json;
}

function thresholdsOf(text: string, colors: unknown[]): JsonObject | undefined {
  const limits = text.split(',').map((part) => asNumber(part.trim())).filter((value) => value !== undefined);
  if (limits.length === 0) return undefined;
  return { mode: 'absolute', steps: [null, ...limits].map((value, i) => ({ value, color: asText(colors[i], ['green', 'orange', 'red'][i]) })) };
}

function fromSinglestat(json: JsonObject): JsonObject {
  const gauge = asObject(json.gauge);
  const isGauge = asFlag(gauge.show);
  const colored = asFlag(json.colorBackground) ? 'background' : asFlag(json.colorValue) ? 'value' : 'none';
  const mappings = [
    ...asObjects(json.valueMaps).map(({ value, text }) => ({ type: 1, value, text })),
    ...asObjects(json.rangeMaps).map(({ from, to, text }) => ({ type: 2, from, to, text })),
  ];
  const unit = asText(json.format) === 'none' ? 'none' : asText(json.format);
  return {
    ...json,
    type: isGauge ? 'gauge' : 'stat',
    options: {
      reduceOptions: { calcs: [asText(json.valueName, 'avg')] },
      colorMode: colored,
      graphMode: asFlag(asObject(json.sparkline).show) ? 'area' : 'none',
      textMode: json.valueName === 'name' ? 'name' : 'auto',
      prefix: asText(json.prefix),
      postfix: asText(json.postfix),
    },
    fieldConfig: {
      defaults: {
        unit,
        decimals: json.decimals,
        noValue: asText(json.nullText),
        thresholds: thresholdsOf(asText(json.thresholds), asList(json.colors)),
        mappings,
        ...(isGauge ? { min: gauge.minValue ?? 0, max: gauge.maxValue ?? 100 } : {}),
      },
      overrides: [],
    },
  };
}

/** What a series override of `graph` says, as properties of today. */
function propertiesOf(override: JsonObject, notes: string[]): { id: string; value: unknown }[] {
  const out: { id: string; value: unknown }[] = [];
  const put = (id: string, value: unknown) => out.push({ id, value });
  for (const [key, value] of Object.entries(override)) {
    switch (key) {
      case 'alias':
      case '$$hashKey':
        break;
      case 'color':
        put('color', { mode: 'fixed', fixedColor: value });
        break;
      case 'yaxis':
        put('custom.axisPlacement', value === 2 ? 'right' : 'left');
        break;
      case 'fill':
        put('custom.fillOpacity', (asNumber(value) ?? 0) * 10);
        break;
      case 'linewidth':
        put('custom.lineWidth', value);
        break;
      case 'bars':
        if (value === true) put('custom.drawStyle', 'bars');
        break;
      case 'lines':
        if (value === false) put('custom.lineWidth', 0);
        break;
      case 'dashes':
        put('custom.lineStyle', { fill: value === true ? 'dash' : 'solid' });
        break;
      case 'transform':
        put('custom.transform', value);
        break;
      case 'stack':
        put('custom.stacking', { mode: value === false ? 'none' : 'normal', group: asText(value, 'A') });
        break;
      case 'legend':
        put('custom.hideFrom', { legend: value === false });
        break;
      case 'hideTooltip':
        put('custom.hideFrom', { tooltip: value === true });
        break;
      case 'nullPointMode':
        put('custom.spanNulls', value === 'connected');
        break;
      default:
        if (!['zindex', 'points', 'pointradius', 'steppedLine', 'fillBelowTo', 'dashLength', 'spaceLength', 'fillGradient', 'hiddenSeries'].includes(key)) break;
        if (!notes.includes(`series override ${key}`)) notes.push(`series override ${key}`);
    }
  }
  return out;
}

function nameMatcher(alias: string): JsonObject {
  return alias.startsWith('/') ? { id: 'byRegexp', options: alias } : { id: 'byName', options: alias };
}

const legendCalcs: [string, string][] = [['min', 'min'], ['max', 'max'], ['avg', 'mean'], ['current', 'lastNotNull'], ['total', 'sum']];

function fromGraph(json: JsonObject, notes: string[]): JsonObject {
  const [left = {}, right = {}] = asObjects(json.yaxes);
  const axes = asObjects(json.yaxes).length > 0 ? { left, right } : { left: { format: asList(json.y_formats)[0] }, right: { format: asList(json.y_formats)[1] } };
  const legend = asObject(json.legend);
  const isStacked = asFlag(json.stack);
  const overrides: JsonObject[] = Object.entries(asObject(json.aliasColors)).map(([name, color]) => ({
    matcher: { id: 'byName', options: name },
    properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: color } }],
  }));
  for (const override of asObjects(json.seriesOverrides)) {
    const properties = propertiesOf(override, notes);
    if (asNumber(override.yaxis) === 2) properties.push({ id: 'unit', value: asText(axes.right.format, 'short') });
    overrides.push({ matcher: nameMatcher(asText(override.alias)), properties });
  }
  if (asText(asObject(json.xaxis).mode, 'time') !== 'time') notes.push('an x axis that is not time');
  const limits = asObjects(json.thresholds);
  const drawn = asFlag(json.bars) ? 'bars' : asFlag(json.lines, true) ? 'line' : asFlag(json.points) ? 'points' : 'line';
  return {
    ...json,
    type: 'timeseries',
    options: {
      legend: {
        showLegend: asFlag(legend.show, true),
        displayMode: asFlag(legend.alignAsTable) ? 'table' : 'list',
        placement: asFlag(legend.rightSide) ? 'right' : 'bottom',
        calcs: asFlag(legend.values) ? legendCalcs.filter(([old]) => asFlag(legend[old])).map(([, calc]) => calc) : [],
      },
    },
    fieldConfig: {
      defaults: {
        unit: asText(axes.left.format, 'short'),
        min: asNumber(axes.left.min),
        max: asNumber(axes.left.max),
        decimals: asNumber(axes.left.decimals) ?? asNumber(json.decimals),
        ...(limits.length > 0 ? { thresholds: { mode: 'absolute', steps: [{ value: null, color: 'transparent' }, ...limits.map(limitStep)] } } : {}),
        custom: {
          drawStyle: drawn,
          fillOpacity: (asNumber(json.fill) ?? 1) * 10,
          lineWidth: asNumber(json.linewidth) ?? 1,
          lineInterpolation: asFlag(json.steppedLine) ? 'stepAfter' : 'linear',
          spanNulls: json.nullPointMode === 'connected',
          axisLabel: asText(axes.left.label),
          scaleDistribution: { type: (asNumber(axes.left.logBase) ?? 1) > 1 ? 'log' : 'linear', log: asNumber(axes.left.logBase) },
          stacking: { mode: isStacked ? (asFlag(json.percentage) ? 'percent' : 'normal') : 'none', group: 'A' },
          thresholdsStyle: { mode: limits.length > 0 ? 'line' : 'off' },
        },
      },
      overrides,
    },
  };
}

function limitStep(limit: JsonObject): JsonObject {
  const mode = asText(limit.colorMode);
  const color = mode === 'critical' ? 'red' : mode === 'warning' ? 'orange' : mode === 'ok' ? 'green' : asText(limit.lineColor, 'red');
  return { value: asNumber(limit.value), color };
}

function fromOldTable(json: JsonObject, notes: string[]): JsonObject {
  const overrides = asObjects(json.styles).flatMap((style): JsonObject[] => {
    const pattern = asText(style.pattern);
    if (pattern === '') return [];
    const properties: { id: string; value: unknown }[] = [];
    if (asText(style.type) === 'hidden') properties.push({ id: 'custom.hidden', value: true });
    if (asText(style.alias) !== '') properties.push({ id: 'displayName', value: style.alias });
    if (asText(style.unit) !== '') properties.push({ id: 'unit', value: style.unit });
    if (asNumber(style.decimals) !== undefined) properties.push({ id: 'decimals', value: style.decimals });
    const limits = thresholdsOf(asList(style.thresholds).join(','), asList(style.colors));
    if (limits && style.colorMode) properties.push({ id: 'thresholds', value: limits }, { id: 'custom.cellOptions', value: { type: 'color-text' } });
    if (asFlag(style.link)) notes.push('data links');
    return properties.length > 0 ? [{ matcher: nameMatcher(pattern), properties }] : [];
  });
  const transform = asText(json.transform, 'timeseries_to_rows');
  if (transform !== 'table' && transform !== 'timeseries_to_rows') notes.push(`table transform “${transform}”`);
  return { ...json, type: 'table', options: {}, fieldConfig: { defaults: {}, overrides } };
}
