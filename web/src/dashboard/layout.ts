// Where panels stand: repeats made, rows taken apart, everything moved up as Grafana does.
import type { VariableValue } from './interpolate';
import type { Dashboard, Grid, Panel, Section } from './model';

export const columns = 24;
/** More copies than this are no longer looked at. */
export const mostRepeats = 60;

/** Values that a repeated panel or row sees instead of the whole variable's. */
export type Fixed = ReadonlyMap<string, VariableValue>;

export interface PlacedPanel {
  key: string;
  panel: Panel;
  fixed: Fixed;
  /** y counts from the section's top. */
  grid: Grid;
}

export interface PlacedSection {
  key: string;
  title: string | undefined;
  collapsed: boolean;
  fixed: Fixed;
  panels: PlacedPanel[];
  height: number;
}

type Variables = ReadonlyMap<string, VariableValue>;

/** One value of a variable after the other; nothing where it has none. */
function singles(value: VariableValue | undefined): VariableValue[] {
  if (!value) return [];
  return value.values
    .filter((one) => one !== '')
    .slice(0, mostRepeats)
    .map((one, i) => ({ values: [one], texts: [value.isAll ? one : (value.texts[i] ?? one)], allValue: '', isAll: false, multi: value.multi }));
}

function repeated(panel: Panel, fixed: Fixed, variables: Variables): PlacedPanel[] {
  const { repeat } = panel;
  const values = repeat && !fixed.has(repeat.variable) ? singles(variables.get(repeat.variable)) : [];
  if (!repeat || values.length === 0) return [{ key: panel.key, panel, fixed, grid: panel.grid }];
  const across = Math.max(1, Math.min(values.length, repeat.maxPerRow));
  const w = repeat.direction === 'h' ? Math.max(1, Math.floor(columns / across)) : panel.grid.w;
  return values.map((value, i) => ({
    key: `${panel.key}-${i}`,
    panel,
    fixed: new Map([...fixed, [repeat.variable, value]]),
    grid:
      repeat.direction === 'h'
        ? { x: (i % across) * w, y: panel.grid.y + Math.floor(i / across) * panel.grid.h, w, h: panel.grid.h }
        : { ...panel.grid, y: panel.grid.y + i * panel.grid.h },
  }));
}

/** Panels fall up until they meet another; those that would overlap go below. */
function compact(panels: PlacedPanel[]): { panels: PlacedPanel[]; height: number } {
  const skyline = new Array<number>(columns).fill(0);
  const placed = panels.map((one) => {
    const { x, w, h } = one.grid;
    const y = Math.max(...skyline.slice(x, x + w));
    skyline.fill(y + h, x, x + w);
    return { ...one, grid: { x, y, w, h } };
  });
  return { panels: placed, height: Math.max(...skyline) };
}

function placeSection(section: Section, key: string, fixed: Fixed, variables: Variables): PlacedSection {
  let pushed = 0;
  const spread = section.panels.flatMap((panel) => {
    const copies = repeated(panel, fixed, variables).map((one) => ({ ...one, key: `${key}/${one.key}`, grid: { ...one.grid, y: one.grid.y + pushed } }));
    // What follows moves down by what the copies need beyond the one place.
    const bottom = Math.max(...copies.map(({ grid }) => grid.y + grid.h));
    if (copies.length > 1) pushed += Math.max(0, bottom - (panel.grid.y + pushed + panel.grid.h));
    return copies;
  });
  const { panels, height } = compact(spread);
  return { key, title: section.title, collapsed: section.collapsed, fixed, panels, height };
}

export function placeDashboard(dashboard: Dashboard, variables: Variables): PlacedSection[] {
  return dashboard.sections.flatMap((section) => {
    const values = section.repeat === '' ? [] : singles(variables.get(section.repeat));
    if (values.length === 0) return [placeSection(section, section.key, new Map(), variables)];
    return values.map((value, i) => placeSection(section, `${section.key}-${i}`, new Map([[section.repeat, value]]), variables));
  });
}
