// The three views of alerting, as links.
import { ViewLink } from '../../navigation';
import { emptyViews, type View } from '../../url_state';
import styles from './loop_tabs.module.css';

type Tab = 'alerts' | 'recording' | 'silences';

const tabs: { tab: Tab; name: string; to: View }[] = [
  { tab: 'alerts', name: 'Alerts', to: emptyViews.alerts },
  { tab: 'recording', name: 'Recording rules', to: { ...emptyViews.alerts, tab: 'recording' } },
  { tab: 'silences', name: 'Silences', to: emptyViews.silences },
];

export function LoopTabs({ current }: { current: Tab }) {
  return (
    <nav className={styles.tabs} aria-label="Alerting">
      {tabs.map(({ tab, name, to }) => (
        <ViewLink key={tab} to={to} aria-current={tab === current ? 'page' : undefined}>
          {name}
        </ViewLink>
      ))}
    </nav>
  );
}
