// How many alerts fire, on every page; those that a silence or another alert holds back do not count.
import { splitRows } from '../alerts/alert_rows';
import { useAlerts } from '../alerts/use_alerts';
import { plural } from '../format';
import styles from './header.module.css';

export function AlertBadge() {
  const { data } = useAlerts();
  const loud = splitRows(data?.rows ?? []).firing;
  if (loud.length === 0) return null;
  const isCritical = loud.some((row) => row.severity === 'critical');
  return (
    <span className={styles.badge} data-testid="firing-badge" data-value={loud.length} data-critical={isCritical || undefined} title={`${plural(loud.length, 'alert')} firing`}>
      {loud.length > 99 ? '99+' : loud.length}
      <span className="visually-hidden"> firing</span>
    </span>
  );
}
