// Which alerts are kept quiet, by whom, why and until when.
import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { parseMatchers } from '../../alerts/matchers';
import { filterSilences } from '../../alerts/filter_alerts';
import { arrangeSilences } from '../../alerts/silence_draft';
import { useSilences } from '../../alerts/use_alerts';
import type { Silence } from '../../api/alertmanager/silences';
import { useClock } from '../../clock';
import { EmptyState, ErrorState, RowsSkeleton, StaleNote } from '../../components/states';
import { MuteIcon, PlusIcon, SearchIcon } from '../../icons';
import { goTo } from '../../navigation';
import type { SilencesView, SilenceState } from '../../url_state';
import { LoopTabs } from '../alerts/loop_tabs';
import { SilenceForm } from './silence_form';
import { SilenceList } from './silence_list';
import styles from './silences_page.module.css';

export default function SilencesPage({ view }: { view: SilencesView }) {
  const { refreshNow } = useClock();
  const { data, error, isPending } = useSilences();
  return (
    <div className="page">
      <div className="page-head">
        <h1>Silences</h1>
        {data && <Counts silences={data.silences} />}
        <span className="grow" />
        <LoopTabs current="silences" />
        {data && (
          <Button size="xs" leftSection={<PlusIcon size={14} />} onClick={() => goTo({ view: { ...view, id: '', draft: '' } }, true)}>
            New silence
          </Button>
        )}
      </div>
      {data && <StaleNote error={error} />}
      {view.draft !== null && data && <Draft view={view} draft={view.draft} silences={data.silences} />}
      <section className="panel">
        {isPending && <RowsSkeleton rows={5} height={16} />}
        {data === undefined && error && <ErrorState title="The silences could not be read" error={error} onRetry={refreshNow} />}
        {data === null && <NoNotifications />}
        {data && <Silences view={view} silences={data.silences} nowMs={data.askedMs} />}
      </section>
    </div>
  );
}

function Draft({ view, draft, silences }: { view: SilencesView; draft: string; silences: Silence[] }) {
  const base = silences.find((silence) => silence.id === view.id && silence.status.state !== 'expired');
  return (
    <section className="panel">
      <div className="panel-head">{base ? 'Change the silence' : 'New silence'}</div>
      <div className={styles.form}>
        <SilenceForm
          key={`${view.id} ${draft}`}
          base={base}
          matchers={parseMatchers(draft) ?? []}
          onClose={() => goTo({ view: { ...view, id: '', draft: null } }, true)}
        />
      </div>
    </section>
  );
}

function Counts({ silences }: { silences: Silence[] }) {
  const active = silences.filter((silence) => silence.status.state === 'active').length;
  return (
    <span className="faint num" data-testid="silence-count" data-value={active}>
      {active} active
    </span>
  );
}

function Silences({ view, silences, nowMs }: { view: SilencesView; silences: Silence[]; nowMs: number }) {
  const named = silences.filter((silence) => silence.id === view.id);
  const shown = view.id === '' ? filterSilences(arrangeSilences(silences, view.state), view.filter) : named;
  return (
    <>
      <div className={styles.tools}>
        {view.id === '' ? <Tools view={view} /> : <OneOnly view={view} />}
      </div>
      {shown.length > 0 ? <SilenceList silences={shown} nowMs={nowMs} /> : <NoneShown view={view} />}
    </>
  );
}

function Tools({ view }: { view: SilencesView }) {
  return (
    <>
      <SegmentedControl
        size="xs"
        aria-label="State"
        value={view.state}
        onChange={(state) => goTo({ view: { ...view, state: state as SilenceState } }, true)}
        data={[
          { value: 'current', label: 'Current' },
          { value: 'active', label: 'Active' },
          { value: 'pending', label: 'Pending' },
          { value: 'expired', label: 'Expired' },
        ]}
      />
      <span className="grow" />
      <TextInput
        size="xs"
        className={styles.filter}
        placeholder="Filter by matcher, name, reason"
        aria-label="Filter silences"
        leftSection={<SearchIcon size={14} />}
        value={view.filter}
        onChange={(event) => goTo({ view: { ...view, filter: event.currentTarget.value } }, true)}
      />
    </>
  );
}

function OneOnly({ view }: { view: SilencesView }) {
  return (
    <>
      <span className="faint">Only the silence of the link</span>
      <Button size="compact-xs" variant="subtle" onClick={() => goTo({ view: { ...view, id: '' } })}>
        Show all
      </Button>
    </>
  );
}

function NoneShown({ view }: { view: SilencesView }) {
  if (view.id !== '') {
    return (
      <EmptyState title="This silence is gone" icon={<MuteIcon size={22} />}>
        Expired silences are forgotten after some days.
      </EmptyState>
    );
  }
  if (view.filter !== '') return <EmptyState title="No silence matches the filter" icon={<MuteIcon size={22} />} />;
  const title = view.state === 'current' ? 'Nothing is silenced' : `No silence is ${view.state}`;
  return (
    <EmptyState title={title} icon={<MuteIcon size={22} />}>
      A silence keeps an alert’s notifications back for a while. Open an alert and press “Silence”, or write a new one here.
    </EmptyState>
  );
}

function NoNotifications() {
  return (
    <EmptyState title="This server sends no notifications" icon={<MuteIcon size={22} />}>
      So there is nothing to silence. Start Pharos with your alertmanager.yml, and silences are kept here.
    </EmptyState>
  );
}
