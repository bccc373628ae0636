// The small marks of alerts: how bad, in which state, where, and who was told.
import { AlertIcon, BellIcon, MuteIcon } from '../icons';
import { ViewLink } from '../navigation';
import { emptyViews } from '../url_state';
import { tellingLabels, type AlertRow, type Severity } from './alert_rows';
import styles from './alert_badges.module.css';

export function SeverityBadge({ severity, text }: { severity: Severity; text: string }) {
  return (
    <span className={styles.severity} data-severity={severity}>
      {severity === 'critical' ? <AlertIcon size={13} /> : <BellIcon size={13} />} {text || 'alert'}
    </span>
  );
}

const stateWords: Record<string, string> = { inactive: 'quiet', err: 'error' };

export function StateDot({ state }: { state: string }) {
  return (
    <span className={styles.state} data-state={state}>
      {stateWords[state] ?? state}
    </span>
  );
}

export function LabelChips({ labels, most = 8 }: { labels: Record<string, string>; most?: number }) {
  const telling = tellingLabels(labels);
  if (telling.length === 0) return null;
  return (
    <span className={styles.chips}>
      {telling.slice(0, most).map(([name, value]) => (
        <span key={name} className={`code ${styles.chip}`}>
          {name}=&quot;{value}&quot;
        </span>
      ))}
      {telling.length > most && <span className="faint">+{telling.length - most}</span>}
    </span>
  );
}

/** Who was told, or what held it back. */
export function DeliveryNote({ row, hasNotifications }: { row: AlertRow; hasNotifications: boolean }) {
  const { delivery } = row;
  if (!hasNotifications || row.state !== 'firing') return null;
  if (!delivery) return <span className={`${styles.delivery} faint`}>not handed over yet</span>;
  const receivers = delivery.receivers.join(', ') || 'no receiver';
  if (delivery.silencedBy.length > 0) {
    return (
      <span className={styles.delivery} title={`Would go to ${receivers}`}>
        <MuteIcon size={13} />
        <ViewLink to={{ ...emptyViews.silences, id: delivery.silencedBy[0]! }} onClick={(event) => event.stopPropagation()}>
          silenced
        </ViewLink>
      </span>
    );
  }
  if (delivery.inhibitedBy.length > 0) {
    return (
      <span className={styles.delivery} title={`Would go to ${receivers}`}>
        <MuteIcon size={13} /> held back by {delivery.inhibitedBy.join(', ')}
      </span>
    );
  }
  if (delivery.mutedBy.length > 0) {
    return (
      <span className={styles.delivery} title={`Would go to ${receivers}`}>
        <MuteIcon size={13} /> muted by {delivery.mutedBy.join(', ')}
      </span>
    );
  }
  return (
    <span className={styles.delivery} title="Receivers of its notifications">
      → <span className="truncate">{receivers}</span>
    </span>
  );
}
