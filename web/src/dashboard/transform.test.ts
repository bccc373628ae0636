import { describe, expect, it } from 'vitest';
import { field, fieldName, type Frame } from './frames';
import { transformFrames } from './transform';

const table = (refId: string, columns: Record<string, (string | number | null)[]>): Frame => ({
  refId,
  fields: Object.entries(columns).map(([name, values]) => field(name, name === 'Time' ? 'time' : typeof values.find((value) => value !== null) === 'number' ? 'number' : 'string', values)),
});
const apply = (frames: Frame[], id: string, options: object = {}) =>
  transformFrames(frames, [{ id, options: options as Record<string, unknown> }]).map((frame) => Object.fromEntries(frame.fields.map((one) => [fieldName(one), one.values])));

const a = table('A', { Time: [1, 1], job: ['x', 'y'], 'Value #A': [1, 2] });
const b = table('B', { Time: [1, 1], job: ['y', 'z'], 'Value #B': [20, 30] });

describe('transformations', () => {
  it('organize hides, orders, renames', () => {
    const [made] = apply([a], 'organize', { excludeByName: { Time: true }, indexByName: { 'Value #A': 0, job: 1 }, renameByName: { job: 'Service' } });
    expect(Object.keys(made!)).toEqual(['Value #A', 'Service']);
  });
  it('merge joins rows that agree', () => {
    expect(apply([a, b], 'merge')).toEqual([{ Time: [1, 1, 1], job: ['x', 'y', 'z'], 'Value #A': [1, 2, null], 'Value #B': [null, 20, 30] }]);
  });
  it('joinByField puts fields side by side', () => {
    expect(apply([a, b], 'joinByField', { byField: 'job', mode: 'inner' })).toEqual([{ job: ['y'], 'Time 1': [1], 'Value #A': [2], 'Time 2': [1], 'Value #B': [20] }]);
    expect(apply([a, b], 'seriesToColumns', { byField: 'job' })[0]!.job).toEqual(['x', 'y', 'z']);
  });
  it('filterFieldsByName takes names and patterns', () => {
    expect(Object.keys(apply([a], 'filterFieldsByName', { include: { names: ['job'], pattern: '/^Val/' } })[0]!)).toEqual(['job', 'Value #A']);
    expect(Object.keys(apply([a], 'filterFieldsByName', { exclude: { names: ['job'] } })[0]!)).toEqual(['Time', 'Value #A']);
  });
  it('renameByRegex', () => expect(Object.keys(apply([a], 'renameByRegex', { regex: 'Value #(.)', renamePattern: 'q$1' })[0]!)).toEqual(['Time', 'job', 'qA']));
  it('calculateField adds a field', () => {
    expect(apply([a], 'calculateField', { mode: 'binary', binary: { left: 'Value #A', operator: '*', right: '10' }, alias: 'tens' })[0]!.tens).toEqual([10, 20]);
    expect(apply([a], 'calculateField', { mode: 'reduceRow', reduce: { reducer: 'max' } })[0]!.Max).toEqual([1, 2]);
    expect(Object.keys(apply([a], 'calculateField', { mode: 'binary', binary: { left: { matcher: { id: 'byName', options: 'Value #A' } }, operator: '+', right: { fixed: '1' } }, alias: 'n', replaceFields: true })[0]!)).toEqual(['Time', 'n']);
  });
  it('groupBy folds rows', () => {
    const given = table('A', { job: ['x', 'y', 'x'], n: [1, 2, 5] });
    expect(apply([given], 'groupBy', { fields: { job: { operation: 'groupby' }, n: { operation: 'aggregate', aggregations: ['sum', 'max'] } } })).toEqual([{ job: ['x', 'y'], 'n (sum)': [6, 2], 'n (max)': [5, 2] }]);
  });
  it('sortBy, limit, filterByValue choose rows', () => {
    expect(apply([a], 'sortBy', { sort: [{ field: 'Value #A', desc: true }] })[0]!.job).toEqual(['y', 'x']);
    expect(apply([a], 'limit', { limitField: 1 })[0]!.job).toEqual(['x']);
    const filter = { type: 'exclude', match: 'all', filters: [{ fieldName: 'Value #A', config: { id: 'greater', options: { value: 1 } } }] };
    expect(apply([a], 'filterByValue', filter)[0]!.job).toEqual(['x']);
  });
  it('labelsToFields makes columns of labels', () => {
    const series = (job: string, value: number): Frame => ({ refId: 'A', fields: [field('Time', 'time', [1]), field('Value', 'number', [value], job, { job })] });
    expect(apply([series('x', 1), series('y', 2)], 'labelsToFields')).toEqual([{ Time: [1, 1], job: ['x', 'y'], Value: [1, 2] }]);
  });
  it('reduce makes a row of each field', () => {
    expect(apply([a], 'reduce', { reducers: ['max', 'lastNotNull'] })).toEqual([{ Field: ['Value #A'], Max: [2], Last: [2] }]);
    expect(apply([a], 'reduce', { reducers: ['sum'], mode: 'reduceFields' })).toEqual([{ 'Value #A': [3] }]);
  });
  it('seriesToRows lists the newest first', () => {
    expect(apply([table('A', { Time: [1, 2], v: [10, 20] })], 'seriesToRows')).toEqual([{ Time: [2, 1], Metric: ['v', 'v'], Value: [20, 10] }]);
  });
  it('that are not known change nothing', () => expect(apply([a], 'heatmap')).toEqual(apply([a], 'organize')));
});
