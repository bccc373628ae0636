// What a person drops, chooses or pastes, as a dashboard to save; or a sentence why it is none.
import { asObject } from '../../dashboard/json';
import { parseDashboard, unsupportedIn } from '../../dashboard/parse_dashboard';

export interface ImportCandidate {
  /** Grafana's model, ready to be posted. */
  model: Record<string, unknown>;
  title: string;
  uid: string;
  panels: number;
  unsupported: number;
}

/** As the server's own limit. */
const mostBytes = 8 * 1024 * 1024;

/** The line and column of a JSON error, where the browser says its position. */
function placeOf(message: string, text: string): string {
  const position = /position (\d+)/.exec(message);
  if (!position) return '';
  const before = text.slice(0, Number(position[1])).split('\n');
  return ` at line ${before.length}, column ${before.at(-1)!.length + 1}`;
}

export function readImport(text: string, name: string): ImportCandidate {
  if (text.length > mostBytes) throw new Error(`${name} is larger than 8 MiB.`);
  if (text.trim() === '') throw new Error(`${name} is empty.`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is no JSON${placeOf(String(error), text)}: ${error instanceof Error ? error.message : 'unknown error'}`);
  }
  const top = asObject(json);
  const model = { ...(typeof top.dashboard === 'object' ? asObject(top.dashboard) : top) };
  if (('apiVersion' in model && 'spec' in model) || 'elements' in model) {
    throw new Error(`${name} has Grafana’s newer schema (v2). In Grafana choose Export, then the Classic model.`);
  }
  if (typeof model.title !== 'string' || model.title === '') throw new Error(`${name} is no dashboard of Grafana: it has no title.`);
  if (!Array.isArray(model.panels) && !Array.isArray(model.rows) && model.schemaVersion === undefined) {
    throw new Error(`${name} is no dashboard of Grafana: it has no panels.`);
  }
  // A number belongs to the Grafana that it comes from.
  delete model.id;
  const dashboard = parseDashboard(model);
  return {
    model,
    title: model.title,
    uid: dashboard.uid,
    panels: dashboard.sections.reduce((sum, { panels }) => sum + panels.length, 0),
    unsupported: unsupportedIn(dashboard).length,
  };
}
