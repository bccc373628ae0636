// Each SLO with its budget: what is left, how fast it burns, and what burnt it.
import { useClock } from '../../clock';
import { CopyBlock } from '../../components/copy_block';
import { EmptyState, ErrorState, RowsSkeleton, StaleNote } from '../../components/states';
import { BudgetIcon } from '../../icons';
import { arrangeSlos } from '../../slos/burn_down';
import { useSlos } from '../../slos/use_slos';
import type { SlosView } from '../../url_state';
import type { Slo } from '../../api/pharos/slos';
import { SloCard } from './slo_card';

const example = `slo:
  - name: checkout
    service: checkout-api
    objective: 99.5%
    latency: 300ms
    window: 30d`;

export default function SlosPage({ view }: { view: SlosView }) {
  const { refreshNow } = useClock();
  const { data, error, isPending } = useSlos();
  return (
    <div className="page">
      <div className="page-head">
        <h1>SLOs</h1>
        {data && data.length > 0 && <Summary slos={data} />}
      </div>
      {data && <StaleNote error={error} />}
      {!data?.length && (
        <section className="panel">
          {isPending && <RowsSkeleton rows={5} height={18} />}
          {data === undefined && error && <ErrorState title="The SLOs could not be read" error={error} onRetry={refreshNow} />}
          {data === null && <NoSloEngine />}
          {data?.length === 0 && <NoSlos />}
        </section>
      )}
      {data && arrangeSlos(data).map((slo) => <SloCard key={`${slo.service}\n${slo.name}`} slo={slo} isNamed={slo.name === view.slo} />)}
    </div>
  );
}

function Summary({ slos }: { slos: Slo[] }) {
  const spent = slos.filter((slo) => (slo.budgetRemaining ?? 1) <= 0).length;
  const burning = slos.filter((slo) => slo.alerts.some((alert) => alert.state === 'firing')).length;
  return (
    <span className="faint num" data-testid="slo-count" data-value={slos.length}>
      {slos.length} defined
      {burning > 0 && <span className="error-text"> · {burning} burning too fast</span>}
      {spent > 0 && <span className="error-text"> · {spent} spent</span>}
    </span>
  );
}

function NoSlos() {
  return (
    <EmptyState title="No SLO is defined" icon={<BudgetIcon size={22} />}>
      <p>Write one into pharos.yaml; its rules, its budget and its four burn-rate alerts are made from it:</p>
      <CopyBlock text={example} />
    </EmptyState>
  );
}

function NoSloEngine() {
  return (
    <EmptyState title="This server keeps no SLOs" icon={<BudgetIcon size={22} />}>
      It has no /pharos/api/v1/slos. A newer Pharos makes budgets and burn-rate alerts from one line a service.
    </EmptyState>
  );
}
