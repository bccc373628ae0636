// How much of an error budget is left, as a bar with its number.
import { formatPercent } from '../format';
import { gradeOf } from './burn_down';
import styles from './budget_bar.module.css';

export function BudgetBar({ remaining, label }: { remaining: number | null; label: string }) {
  const share = Math.min(1, Math.max(0, remaining ?? 0));
  return (
    <span
      className={styles.bar}
      data-grade={gradeOf(remaining)}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
      aria-valuetext={budgetText(remaining)}
    >
      <span style={{ width: `${share * 100}%` }} />
    </span>
  );
}

/** "82 % left", "spent 1.35 times over". */
export function budgetText(remaining: number | null): string {
  if (remaining === null) return 'no requests yet';
  if (remaining <= -1) return `overspent ${Number((1 - remaining).toFixed(1))}×`;
  if (remaining < 0) return `overspent by ${formatPercent(-remaining)}`;
  return `${formatPercent(remaining)} left`;
}
