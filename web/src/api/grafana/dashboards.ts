// /api/dashboards: one dashboard by its uid, saved, deleted.
import { getJson } from '../client';
import { sendJson } from './send';

export interface DashboardMeta {
  slug: string;
  url: string;
  folderTitle: string;
  provisioned: boolean;
  provisionedExternalId: string;
  canSave: boolean;
  canDelete: boolean;
  version: number;
  updated: string;
}

export interface DashboardResponse {
  meta: DashboardMeta;
  /** Grafana's JSON; src/dashboard reads it. */
  dashboard: unknown;
}

export function getDashboard(uid: string, signal?: AbortSignal): Promise<DashboardResponse> {
  return getJson(`/api/dashboards/uid/${encodeURIComponent(uid)}`, {}, signal);
}

export interface SaveResponse {
  uid: string;
  url: string;
  slug: string;
  version: number;
}

export function saveDashboard(dashboard: unknown, overwrite: boolean): Promise<SaveResponse> {
  return sendJson('POST', '/api/dashboards/db', { dashboard, overwrite, message: 'imported' });
}

export function deleteDashboard(uid: string): Promise<{ message: string }> {
  return sendJson('DELETE', `/api/dashboards/uid/${encodeURIComponent(uid)}`);
}
