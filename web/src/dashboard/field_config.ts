// What a panel says about its fields: defaults, and overrides for those that a matcher picks.
import { asFlag, asList, asNumber, asObject, asObjects, asText, type JsonObject } from './json';
import type { FieldColor, FieldConfig, Mapping, MappingResult, Override, Thresholds } from './model';

export function parseThresholds(value: unknown): Thresholds | undefined {
  const steps = asObjects(asObject(value).steps).map((step, i) => ({
    value: i === 0 ? -Infinity : (asNumber(step.value) ?? -Infinity),
    color: asText(step.color),
  }));
  if (steps.length === 0) return undefined;
  steps.sort((a, b) => a.value - b.value);
  return { mode: asText(asObject(value).mode) === 'percentage' ? 'percentage' : 'absolute', steps };
}

function resultOf(value: unknown): MappingResult {
  const result = asObject(value);
  return {
    text: typeof result.text === 'string' ? result.text : undefined,
    color: typeof result.color === 'string' ? result.color : undefined,
  };
}

/** Value mappings, also as Grafana 7 and older wrote them (type 1 a value, type 2 a range). */
export function parseMappings(value: unknown): Mapping[] {
  return asObjects(value).flatMap((mapping): Mapping[] => {
    const options = asObject(mapping.options);
    switch (mapping.type) {
      case 'value':
        return Object.entries(options).map(([key, result]) => ({ kind: 'value', value: key, result: resultOf(result) }));
      case 'range':
        return [{ kind: 'range', from: asNumber(options.from) ?? -Infinity, to: asNumber(options.to) ?? Infinity, result: resultOf(options.result) }];
      case 'regex':
        return [{ kind: 'regex', pattern: asText(options.pattern), result: resultOf(options.result) }];
      case 'special':
        return [{ kind: 'special', match: asText(options.match), result: resultOf(options.result) }];
      case 1: {
        const isNull = asText(mapping.value) === 'null';
        if (isNull) return [{ kind: 'special', match: 'null', result: resultOf(mapping) }];
        return [{ kind: 'value', value: asText(mapping.value), result: resultOf(mapping) }];
      }
      case 2: {
        if (asText(mapping.from) === 'null') return [{ kind: 'special', match: 'null', result: resultOf(mapping) }];
        return [{ kind: 'range', from: asNumber(mapping.from) ?? -Infinity, to: asNumber(mapping.to) ?? Infinity, result: resultOf(mapping) }];
      }
      default:
        return [];
    }
  });
}

function parseColor(value: unknown): FieldColor | undefined {
  const color = asObject(value);
  const mode = asText(color.mode);
  if (mode === '') return undefined;
  return { mode, fixed: typeof color.fixedColor === 'string' ? color.fixedColor : undefined };
}

export function parseFieldConfig(value: unknown): FieldConfig {
  const config = asObject(value);
  return {
    unit: asText(config.unit),
    decimals: asNumber(config.decimals),
    min: asNumber(config.min),
    max: asNumber(config.max),
    displayName: asText(config.displayName) || asText(config.title),
    noValue: asText(config.noValue),
    thresholds: parseThresholds(config.thresholds),
    mappings: parseMappings(config.mappings),
    color: parseColor(config.color),
    custom: asObject(config.custom),
  };
}

export const emptyFieldConfig: FieldConfig = parseFieldConfig({});

export function parseOverrides(value: unknown): Override[] {
  return asObjects(value).map((override) => ({
    matcher: { id: asText(asObject(override.matcher).id), options: asObject(override.matcher).options },
    properties: asObjects(override.properties).map((property) => ({ id: asText(property.id), value: property.value })),
  }));
}

/** "/a.*b/i", or text that is a pattern as it is. Undefined where it is none. */
export function patternOf(text: string): RegExp | undefined {
  const parts = /^\/(.*)\/([gimsuy]*)$/s.exec(text);
  try {
    return parts ? new RegExp(parts[1]!, parts[2]!.replace(/[gy]/g, '')) : new RegExp(text);
  } catch {
    return undefined;
  }
}

export interface MatchedField {
  name: string;
  displayName: string;
  refId: string;
  type: string;
}

export const knownMatchers = ['byName', 'byNames', 'byRegexp', 'byType', 'byFrameRefID'];

function isMatch({ id, options }: Override['matcher'], field: MatchedField): boolean {
  switch (id) {
    case 'byName':
      return field.name === options || field.displayName === options;
    case 'byNames': {
      const { names, mode } = asObject(options);
      const isIn = asList(names).some((name) => name === field.name || name === field.displayName);
      return asText(mode) === 'exclude' ? !isIn : isIn;
    }
    case 'byRegexp': {
      const pattern = patternOf(asText(options));
      return pattern ? pattern.test(field.displayName) || pattern.test(field.name) : false;
    }
    case 'byType':
      return field.type === options;
    case 'byFrameRefID':
      return field.refId === options;
    default:
      return false;
  }
}

/** Properties that change a field's own settings; those of its drawing begin with "custom.". */
function withProperty(config: FieldConfig, id: string, value: unknown): FieldConfig {
  if (id.startsWith('custom.')) return { ...config, custom: withPath(config.custom, id.slice(7).split('.'), value) };
  const one = parseFieldConfig({ [id]: value });
  switch (id) {
    case 'unit':
    case 'decimals':
    case 'min':
    case 'max':
    case 'displayName':
    case 'noValue':
    case 'thresholds':
    case 'mappings':
    case 'color':
      return { ...config, [id]: one[id] };
    default:
      return config;
  }
}

function withPath(base: JsonObject, [head = '', ...rest]: string[], value: unknown): JsonObject {
  return { ...base, [head]: rest.length === 0 ? value : withPath(asObject(base[head]), rest, value) };
}

export const knownProperties = /^(unit|decimals|min|max|displayName|noValue|thresholds|mappings|color|custom\..*)$/;

/** The settings of one field: the defaults, then every override that picks it, in order. */
export function configOf(defaults: FieldConfig, overrides: Override[], field: MatchedField): FieldConfig {
  let config = defaults;
  for (const override of overrides) {
    if (!isMatch(override.matcher, field)) continue;
    for (const { id, value } of override.properties) config = withProperty(config, id, value);
  }
  return config;
}

export function isHiddenBy(config: FieldConfig, what: 'viz' | 'legend' | 'tooltip'): boolean {
  return asFlag(asObject(config.custom.hideFrom)[what]);
}
