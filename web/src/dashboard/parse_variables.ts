// The variables of a dashboard's JSON.
import { asFlag, asList, asNumber, asObject, asObjects, asText } from './json';
import type { Variable, VariableKind } from './model';
import { parseSource } from './parse_panel';

const kinds: VariableKind[] = ['query', 'interval', 'custom', 'constant', 'textbox', 'datasource', 'adhoc'];

/** The text of a query variable; newer releases keep it in an object. */
function queryText(value: unknown): string {
  return typeof value === 'string' ? value : asText(asObject(value).query) || asText(asObject(value).expr);
}

function currentOf(value: unknown): string[] {
  const current = asObject(value).value;
  if (Array.isArray(current)) return asList(current).map((item) => asText(item));
  return current === undefined || current === null ? [] : [asText(current)];
}

export function parseVariables(templating: unknown): Variable[] {
  return asObjects(asObject(templating).list).flatMap((json): Variable[] => {
    const name = asText(json.name);
    if (name === '') return [];
    const type = asText(json.type, 'query');
    const kind = kinds.find((known) => known === type) ?? 'unknown';
    const query = queryText(json.query) || queryText(json.definition);
    const options = asObjects(json.options).map((option) => asText(option.value)).filter((value) => value !== '' && value !== '$__all');
    return [
      {
        name,
        label: asText(json.label) || name,
        kind,
        type,
        query: query === '' && (kind === 'custom' || kind === 'interval') ? options.join(',') : query,
        source: parseSource(json.datasource),
        regex: asText(json.regex),
        sort: asNumber(json.sort) ?? 0,
        multi: asFlag(json.multi),
        includeAll: asFlag(json.includeAll),
        allValue: asText(json.allValue),
        refresh: asNumber(json.refresh) ?? 0,
        hidden: json.hide === 2 || kind === 'constant',
        current: currentOf(json.current),
        autoCount: asFlag(json.auto) ? (asNumber(json.auto_count) ?? 30) : 0,
        autoMin: asText(json.auto_min, '10s'),
        fault:
          kind === 'unknown'
            ? `Variables of type “${type}” are not supported.`
            : kind === 'adhoc'
              ? 'Ad hoc filters are not supported: the panels show all series.'
              : '',
      },
    ];
  });
}
