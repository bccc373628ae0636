// GET /api/datasources: the names under which dashboards know Pharos's own APIs.
import { getJson } from '../client';

export interface Datasource {
  uid: string;
  name: string;
  type: string;
  isDefault: boolean;
}

export function listDatasources(signal?: AbortSignal): Promise<Datasource[]> {
  return getJson('/api/datasources', {}, signal);
}
