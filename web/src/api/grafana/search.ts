// GET /api/search: the dashboards there are.
import { getJson } from '../client';

export interface SearchHit {
  uid: string;
  title: string;
  /** "/d/UID/SLUG" */
  url: string;
  type: 'dash-db' | 'dash-folder';
  tags: string[];
  folderTitle?: string;
}

export function searchDashboards(signal?: AbortSignal): Promise<SearchHit[]> {
  return getJson('/api/search', { type: 'dash-db', limit: 5000 }, signal);
}
