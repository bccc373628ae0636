// On the first screen: what is left of each budget.
import type { Slo } from '../../api/pharos/slos';
import { StateDot } from '../../alerts/alert_badges';
import { AlertIcon } from '../../icons';
import { ViewLink } from '../../navigation';
import { BudgetBar, budgetText } from '../../slos/budget_bar';
import { arrangeSlos, formatBurn } from '../../slos/burn_down';
import { useSlos } from '../../slos/use_slos';
import { emptyViews } from '../../url_state';
import styles from './slo_strip.module.css';

/** More than these are on their own page. */
const mostCards = 8;

export function SloStrip() {
  const { data } = useSlos();
  if (!data || data.length === 0) return null;
  const slos = arrangeSlos(data);
  return (
    <section aria-label="SLOs" data-testid="slo-strip" data-value={slos.length}>
      <ul className={styles.list}>
        {slos.slice(0, mostCards).map((slo) => (
          <Card key={`${slo.service}\n${slo.name}`} slo={slo} />
        ))}
      </ul>
      {slos.length > mostCards && (
        <ViewLink className={styles.more} to={emptyViews.slos}>
          All {slos.length} SLOs
        </ViewLink>
      )}
    </section>
  );
}

function Card({ slo }: { slo: Slo }) {
  const state = slo.alerts.some((alert) => alert.state === 'firing') ? 'firing' : slo.alerts.some((alert) => alert.state === 'pending') ? 'pending' : '';
  return (
    <li className="panel">
      <ViewLink to={{ ...emptyViews.slos, slo: slo.name }} className={styles.card} title={`${slo.name} of ${slo.service}`}>
        <span className={styles.line}>
          <span className={`truncate ${styles.name}`}>{slo.name}</span>
          {state && <StateDot state={state} />}
        </span>
        {slo.error ? (
          <span className={`error-text truncate ${styles.broken}`}>
            <AlertIcon size={13} /> cannot be measured
          </span>
        ) : (
          <>
            <BudgetBar remaining={slo.budgetRemaining} label={`Error budget of ${slo.name}`} />
            <span className={styles.line}>
              <span className="num">{budgetText(slo.budgetRemaining)}</span>
              <span className="faint num" title="Burn rate of the last hour: at 1× the budget lasts exactly its window">
                burns {formatBurn(slo.burnRates['1h'] ?? null)}
              </span>
            </span>
          </>
        )}
      </ViewLink>
    </li>
  );
}
