// The list of dashboards: filtered by words and tag, by folder.
import type { SearchHit } from '../../api/grafana/search';

export interface DashboardGroup {
  /** Empty: in no folder. */
  folder: string;
  hits: SearchHit[];
}

/** Every word of the filter is in the title or is the beginning of a tag. */
export function arrangeDashboards(hits: SearchHit[], { filter, tag }: { filter: string; tag: string }): DashboardGroup[] {
  const words = filter.toLowerCase().split(/\s+/).filter((word) => word !== '');
  const groups = new Map<string, SearchHit[]>();
  for (const hit of hits) {
    if (tag !== '' && !hit.tags.includes(tag)) continue;
    const title = hit.title.toLowerCase();
    if (!words.every((word) => title.includes(word) || hit.tags.some((one) => one.toLowerCase().startsWith(word)))) continue;
    const folder = hit.folderTitle ?? '';
    groups.set(folder, [...(groups.get(folder) ?? []), hit]);
  }
  return [...groups].map(([folder, found]) => ({ folder, hits: found })).sort((a, b) => a.folder.localeCompare(b.folder));
}
