// Which targets are shown, and in which order: what is down stands first.
import type { ActiveTarget } from '../../api/prometheus/targets';
import type { TargetsView } from '../../url_state';

const order = { down: 0, unknown: 1, up: 2 };

export function arrangeTargets(targets: ActiveTarget[], view: TargetsView): ActiveTarget[] {
  const wanted = view.filter.trim().toLowerCase();
  return targets
    .filter((target) => view.state === 'all' || target.health === view.state)
    .filter((target) => wanted === '' || textOf(target).includes(wanted))
    .toSorted(
      (a, b) =>
        order[a.health] - order[b.health] ||
        a.scrapePool.localeCompare(b.scrapePool) ||
        a.scrapeUrl.localeCompare(b.scrapeUrl, 'en', { numeric: true }),
    );
}

function textOf(target: ActiveTarget): string {
  const labels = Object.entries(target.labels).map(([name, value]) => `${name}="${value}"`);
  return [target.scrapePool, target.scrapeUrl, target.lastError, ...labels].join('\n').toLowerCase();
}

/** Epoch milliseconds; null while the target was never scraped. */
export function lastScrapeMs(target: ActiveTarget): number | null {
  const ms = Date.parse(target.lastScrape);
  return Number.isNaN(ms) || ms <= 0 ? null : ms;
}

/** Only what a browser may open: a target's labels can spell any scheme. */
export function safeUrl(url: string): string | undefined {
  return /^https?:\/\//i.test(url) ? url : undefined;
}
