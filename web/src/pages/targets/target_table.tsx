// The rows of the targets; on a phone each becomes a card.
import type { ActiveTarget } from '../../api/prometheus/targets';
import { formatAgo, formatDateTime, formatSeconds } from '../../format';
import { AlertIcon, CheckIcon, ClockIcon } from '../../icons';
import table from '../../components/table.module.css';
import { lastScrapeMs, safeUrl } from './arrange_targets';
import styles from './targets_page.module.css';

export function TargetTable({ targets, nowMs }: { targets: ActiveTarget[]; nowMs: number }) {
  return (
    <table className={`${table.table} ${styles.table}`} data-testid="targets">
      <thead>
        <tr>
          <th>State</th>
          <th>Job</th>
          <th>Endpoint</th>
          <th>Labels</th>
          <th className={table.number}>Last scrape</th>
          <th className={table.number}>Took</th>
        </tr>
      </thead>
      <tbody>
        {targets.map((target, i) => (
          <Row key={`${target.scrapePool} ${target.scrapeUrl} ${i}`} target={target} nowMs={nowMs} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ target, nowMs }: { target: ActiveTarget; nowMs: number }) {
  const scraped = lastScrapeMs(target);
  const labels = Object.entries(target.labels).filter(([name]) => name !== 'job');
  return (
    <tr data-health={target.health}>
      <td className={styles.state}>
        <Health health={target.health} />
      </td>
      <td className={styles.job}>{target.labels.job ?? target.scrapePool}</td>
      <td className={styles.endpoint}>
        <a className="code" href={safeUrl(target.scrapeUrl)} target="_blank" rel="noreferrer">
          {target.scrapeUrl}
        </a>
        {target.lastError && <div className="error-text">{target.lastError}</div>}
      </td>
      <td className={styles.labels}>
        {labels.map(([name, value]) => (
          <span key={name} className={`code ${styles.label}`}>
            {name}=&quot;{value}&quot;
          </span>
        ))}
      </td>
      <td className={table.number} data-label="Last scrape" title={scraped === null ? undefined : formatDateTime(scraped, true)}>
        {scraped === null ? <span className="faint">never</span> : formatAgo(scraped, nowMs)}
        <span className="faint"> · every {target.scrapeInterval}</span>
      </td>
      <td className={table.number} data-label="Took">
        {scraped === null ? <span className="faint">–</span> : formatSeconds(target.lastScrapeDuration)}
      </td>
    </tr>
  );
}

function Health({ health }: { health: ActiveTarget['health'] }) {
  const Icon = { up: CheckIcon, down: AlertIcon, unknown: ClockIcon }[health];
  return (
    <span className={styles.health} data-health={health}>
      <Icon size={13} /> {health}
    </span>
  );
}
