// Grafana's dashboard JSON, of any classic schema, as our model. It never throws: what cannot be read
// is left out and named.
import { asFlag, asNumber, asObject, asObjects, asText, asTexts, type JsonObject } from './json';
import type { Dashboard, Panel, Section } from './model';
import { parseGrid, parsePanel } from './parse_panel';
import { parseVariables } from './parse_variables';
import { parseDurationMs, type TimeRange } from '../time_range';

/** Grafana's row of the grid in pixels, with its gap: heights of the oldest dashboards are pixels. */
const cellPixels = 38;

function parseTime(value: unknown, notes: string[]): TimeRange | null {
  const time = asObject(value);
  const from = asText(time.from);
  const to = asText(time.to, 'now');
  if (from === '') return null;
  const known = /^(now(-\d+[smhdwy])?|\d{1,15})$/;
  const asMillis = (text: string) => (known.test(text) ? text : Number.isNaN(Date.parse(text)) ? '' : String(Date.parse(text)));
  const made = { from: asMillis(from), to: asMillis(to) };
  if (made.from !== '' && made.to !== '') return made;
  notes.push(`the time range ${from} to ${to}`);
  return null;
}

function parseRefresh(value: unknown): number | null {
  if (value === false || value === '') return 0;
  const ms = parseDurationMs(asText(value));
  return ms === null ? null : ms / 1000;
}

/** Panels in the order in which one reads them, rows taking those that follow. */
function parseSections(json: JsonObject): Section[] {
  const entries = asObjects(json.panels)
    .map((panel, i) => ({ panel, i, grid: parseGrid(panel.gridPos) }))
    .sort((a, b) => a.grid.y - b.grid.y || a.grid.x - b.grid.x || a.i - b.i);
  const sections: Section[] = [{ key: 'top', title: undefined, collapsed: false, repeat: '', panels: [] }];
  for (const { panel, i, grid } of entries) {
    if (asText(panel.type) !== 'row') {
      sections.at(-1)!.panels.push(parsePanel(panel, grid, `p${i}`));
      continue;
    }
    const inner = asObjects(panel.panels)
      .map((child, j) => parsePanel(child, parseGrid(child.gridPos), `p${i}.${j}`))
      .sort(byPlace);
    sections.push({ key: `r${i}`, title: asText(panel.title), collapsed: asFlag(panel.collapsed), repeat: asText(panel.repeat), panels: inner });
  }
  return sections.filter((section) => section.title !== undefined || section.panels.length > 0);
}

function byPlace(a: Panel, b: Panel): number {
  return a.grid.y - b.grid.y || a.grid.x - b.grid.x;
}

/** Before Grafana 5, panels stood in rows of twelve columns. */
function parseOldRows(json: JsonObject): Section[] {
  const rows = asObjects(json.rows);
  const areTitled = rows.some((row) => asFlag(row.showTitle) || asFlag(row.collapse) || asText(row.repeat) !== '');
  const sections: Section[] = [];
  let y = 0;
  rows.forEach((row, i) => {
    const rowHeight = Math.max(2, Math.ceil((asNumber(asText(row.height).replace('px', '')) ?? 250) / cellPixels));
    let x = 0;
    let lowest = 0;
    const panels = asObjects(row.panels).map((panel, j) => {
      const w = Math.min(24, Math.max(1, Math.floor((asNumber(panel.span) ?? 4) * 2)));
      const own = asNumber(asText(panel.height).replace('px', ''));
      const h = own ? Math.max(2, Math.ceil(own / cellPixels)) : rowHeight;
      if (x + w > 24) {
        x = 0;
        y += lowest;
        lowest = 0;
      }
      const placed = parsePanel(panel, { x, y, w, h }, `o${i}.${j}`);
      x += w;
      lowest = Math.max(lowest, h);
      return placed;
    });
    y += lowest;
    const title = areTitled ? asText(row.title) || 'Row' : undefined;
    sections.push({ key: `o${i}`, title, collapsed: asFlag(row.collapse), repeat: asText(row.repeat), panels });
  });
  return sections;
}

function noteWhole(json: JsonObject, notes: string[]): void {
  for (const annotation of asObjects(asObject(json.annotations).list)) {
    if (annotation.builtIn !== 1 && annotation.enable !== false) notes.push(`annotations “${asText(annotation.name)}”`);
  }
  const links = asObjects(json.links);
  if (links.length > 0) notes.push(`links: ${links.map((link) => asText(link.title) || asText(link.type)).join(', ')}`);
  if (json.timezone === 'utc') notes.push('times in UTC: they are shown in the browser’s time zone');
}

export function parseDashboard(value: unknown): Dashboard {
  const json = asObject(value);
  const notes: string[] = [];
  const sections = json.panels === undefined && json.rows !== undefined ? parseOldRows(json) : parseSections(json);
  const variables = parseVariables(json.templating);
  for (const variable of variables) {
    if (variable.fault !== '') notes.push(`variable ${variable.name}: ${variable.fault}`);
  }
  noteWhole(json, notes);
  return {
    uid: asText(json.uid),
    title: asText(json.title, 'Dashboard'),
    description: asText(json.description),
    tags: asTexts(json.tags),
    time: parseTime(json.time, notes),
    refreshSeconds: parseRefresh(json.refresh),
    variables,
    sections,
    notes,
  };
}

/** Everything that is not shown as in Grafana, by name, with how many panels it concerns. */
export function unsupportedIn(dashboard: Dashboard): { what: string; panels: number }[] {
  const counts = new Map<string, number>();
  for (const { panels } of dashboard.sections) {
    for (const { notes, body } of panels) {
      const all = body.kind === 'unsupported' ? [...notes, body.why] : notes;
      for (const what of all) counts.set(what, (counts.get(what) ?? 0) + 1);
    }
  }
  const ofPanels = [...counts].map(([what, panels]) => ({ what, panels })).sort((a, b) => b.panels - a.panels);
  return [...dashboard.notes.map((what) => ({ what, panels: 0 })), ...ofPanels];
}
