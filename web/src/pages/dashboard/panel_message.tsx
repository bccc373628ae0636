// A few words in the middle of a panel that has nothing else to show.
import { AlertIcon } from '../../icons';
import styles from './panel.module.css';

export function PanelMessage({ title, text, kind = 'plain' }: { title: string; text: string; kind?: 'plain' | 'error' }) {
  return (
    <div className={styles.message} data-kind={kind} role={kind === 'error' ? 'alert' : 'status'}>
      <b>
        {kind === 'error' && <AlertIcon size={14} />} {title}
      </b>
      {text && <span>{text}</span>}
    </div>
  );
}
