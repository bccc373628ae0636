import { describe, expect, it } from 'vitest';
import type { VariableValue } from './interpolate';
import { placeDashboard } from './layout';
import { parseDashboard } from './parse_dashboard';

const several = (values: string[], more: Partial<VariableValue> = {}): VariableValue => ({ values, texts: values, allValue: '', isAll: false, multi: true, ...more });
const place = (json: object, variables: Record<string, VariableValue> = {}) => placeDashboard(parseDashboard({ title: 'T', ...json }), new Map(Object.entries(variables)));
const grids = (section: ReturnType<typeof place>[number]) => section.panels.map(({ grid: { x, y, w, h } }) => [x, y, w, h]);
const stat = (x: number, y: number, w: number, h: number, more: object = {}) => ({ type: 'stat', gridPos: { x, y, w, h }, ...more });

describe('the grid', () => {
  it('keeps places, and closes gaps above', () => {
    expect(grids(place({ panels: [stat(0, 0, 6, 4), stat(6, 0, 6, 4), stat(0, 9, 12, 8)] })[0]!)).toEqual([[0, 0, 6, 4], [6, 0, 6, 4], [0, 4, 12, 8]]);
  });
  it('puts below what would overlap', () => {
    expect(grids(place({ panels: [stat(0, 0, 12, 4), stat(6, 2, 12, 4)] })[0]!)).toEqual([[0, 0, 12, 4], [6, 4, 12, 4]]);
  });
  it('holds places within its 24 columns', () => {
    expect(grids(place({ panels: [stat(30, -5, 99, 0)] })[0]!)).toEqual([[0, 0, 24, 1]]);
  });
});

describe('rows', () => {
  const panels = [stat(0, 0, 6, 4), { type: 'row', title: 'Open', gridPos: { x: 0, y: 4 }, collapsed: false, panels: [] }, stat(0, 5, 6, 4), { type: 'row', title: 'Closed', gridPos: { x: 0, y: 9 }, collapsed: true, panels: [stat(0, 10, 6, 4), stat(6, 10, 6, 4)] }];
  it('take what follows them, or what lies in them', () => {
    expect(place({ panels }).map(({ title, collapsed, panels: inner }) => [title, collapsed, inner.length])).toEqual([[undefined, false, 1], ['Open', false, 1], ['Closed', true, 2]]);
  });
  it('of the first Grafanas are read', () => {
    const sections = place({ rows: [{ title: 'A', height: '300px', panels: [{ type: 'graph', span: 6 }, { type: 'graph', span: 6 }, { type: 'graph', span: 12 }] }, { title: 'B', showTitle: true, collapse: true, panels: [{ type: 'singlestat', span: 3 }] }] });
    expect(sections.map(({ title, collapsed }) => [title, collapsed])).toEqual([['A', false], ['B', true]]);
    expect(grids(sections[0]!)).toEqual([[0, 0, 12, 8], [12, 0, 12, 8], [0, 8, 24, 8]]);
  });
  it('repeat for each value', () => {
    const sections = place({ panels: [{ type: 'row', title: '$job', repeat: 'job', gridPos: { y: 0 }, panels: [stat(0, 1, 6, 4)] }] }, { job: several(['a', 'b']) });
    expect(sections.map(({ fixed, panels: inner }) => [fixed.get('job')!.values, inner[0]!.fixed.get('job')!.values])).toEqual([[['a'], ['a']], [['b'], ['b']]]);
    expect(new Set(sections.flatMap(({ panels: inner }) => inner.map(({ key }) => key))).size).toBe(2);
  });
});

describe('repeated panels', () => {
  it('share the width, and push down what follows', () => {
    const [section] = place({ panels: [stat(0, 0, 24, 4, { repeat: 'job', maxPerRow: 2 }), stat(0, 4, 24, 4)] }, { job: several(['a', 'b', 'c']) });
    expect(grids(section!)).toEqual([[0, 0, 12, 4], [12, 0, 12, 4], [0, 4, 12, 4], [0, 8, 24, 4]]);
  });
  it('stand below each other when they should', () => {
    const [section] = place({ panels: [stat(3, 0, 6, 4, { repeat: 'job', repeatDirection: 'v' })] }, { job: several(['a', 'b'], { isAll: true, texts: ['All'] }) });
    expect(grids(section!)).toEqual([[3, 0, 6, 4], [3, 4, 6, 4]]);
    expect(section!.panels[1]!.fixed.get('job')!.texts).toEqual(['b']);
  });
  it('stay one without values', () => expect(grids(place({ panels: [stat(0, 0, 6, 4, { repeat: 'none' })] })[0]!)).toEqual([[0, 0, 6, 4]]));
});
