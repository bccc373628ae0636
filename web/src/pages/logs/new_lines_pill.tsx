// Over the lines, while newer ones wait above: how many, and the way up to them.
import { plural } from '../../format';
import { ArrowUpIcon } from '../../icons';
import styles from './new_lines_pill.module.css';

export function NewLinesPill({ count }: { count: number }) {
  if (count === 0) return null;
  return (
    <button type="button" className={styles.pill} data-testid="new-lines" data-value={count} onClick={() => window.scrollTo(0, 0)}>
      <ArrowUpIcon size={14} /> <span className="num">{plural(count, 'new line')}</span>
    </button>
  );
}
