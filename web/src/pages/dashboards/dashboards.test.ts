import { describe, expect, it } from 'vitest';
import type { SearchHit } from '../../api/grafana/search';
import { arrangeDashboards } from './arrange_dashboards';
import { readImport } from './import_source';

const hit = (title: string, tags: string[] = [], folderTitle?: string): SearchHit => ({ uid: title, title, url: `/d/${title}/x`, type: 'dash-db', tags, ...(folderTitle ? { folderTitle } : {}) });

describe('the list', () => {
  const hits = [hit('Shop RED', ['shop', 'red']), hit('Nodes', ['host'], 'Infra'), hit('Pods', [], 'Infra')];
  const titles = (filter: string, tag = '') => arrangeDashboards(hits, { filter, tag }).map(({ folder, hits: found }) => [folder, found.map(({ title }) => title)]);
  it('is by folder', () => expect(titles('')).toEqual([['', ['Shop RED']], ['Infra', ['Nodes', 'Pods']]]));
  it('is found by every word, in title or tag', () => {
    expect(titles('red sho')).toEqual([['', ['Shop RED']]]);
    expect(titles('ho')).toEqual([['', ['Shop RED']], ['Infra', ['Nodes']]]);
    expect(titles('nothing')).toEqual([]);
    expect(titles('', 'host')).toEqual([['Infra', ['Nodes']]]);
  });
});

describe('an import', () => {
  it('takes a dashboard, bare or as the API gives it, without its number', () => {
    const model = { id: 7, title: 'T', uid: 'u', panels: [{ type: 'stat' }, { type: 'piechart' }] };
    expect(readImport(JSON.stringify(model), 'a.json')).toMatchObject({ title: 'T', uid: 'u', panels: 2, unsupported: 1 });
    expect(readImport(JSON.stringify({ meta: {}, dashboard: model }), 'a.json').model).toEqual({ title: 'T', uid: 'u', panels: model.panels });
  });
  it.each([
    ['', 'a.json is empty.'],
    ['{"title": "x",\n oops}', 'no JSON'],
    ['[]', 'it has no title'],
    ['{"title":"x"}', 'it has no panels'],
    ['{"apiVersion":"dashboard.grafana.app/v2","kind":"Dashboard","spec":{}}', 'newer schema'],
    ['{"title":"x","elements":{},"layout":{}}', 'newer schema'],
    [' '.repeat(9e6), 'larger than 8 MiB'],
  ])('%.40s is refused with a sentence', (text, want) => expect(() => readImport(text, 'a.json')).toThrow(want));
  it('says where JSON is broken', () => expect(() => readImport('{"title": "x",\n oops}', 'a.json')).toThrow(/line 2, column 2/));
});
