// All dashboards: those of the provisioned folders, and those that people imported.
import { ActionIcon, Button, TextInput, Tooltip } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type DragEvent } from 'react';
import { deleteDashboard } from '../../api/grafana/dashboards';
import { searchDashboards, type SearchHit } from '../../api/grafana/search';
import { CopyBlock } from '../../components/copy_block';
import { EmptyState, ErrorState, RowsSkeleton } from '../../components/states';
import { plural } from '../../format';
import { DashboardsIcon, SearchIcon, TrashIcon, UploadIcon } from '../../icons';
import { goTo, ViewLink } from '../../navigation';
import type { DashboardsView } from '../../url_state';
import { arrangeDashboards, type DashboardGroup } from './arrange_dashboards';
import styles from './dashboards_page.module.css';
import { ImportDialog, type Incoming } from './import_dialog';

export default function DashboardsPage({ view }: { view: DashboardsView }) {
  const { data, error, isPending, refetch } = useQuery({ queryKey: ['dashboards'], queryFn: ({ signal }) => searchDashboards(signal), staleTime: 5_000 });
  const [incoming, setIncoming] = useState<Incoming | null>(null);
  const [isOver, setOver] = useState(false);
  const groups = data ? arrangeDashboards(data, view) : [];
  const drop = async (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    const text = file ? await file.text() : event.dataTransfer.getData('text/plain');
    if (text) setIncoming({ name: file?.name ?? 'The text', text });
  };
  return (
    <div
      className={`page ${styles.page}`}
      data-over={isOver || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => event.currentTarget === event.target && setOver(false)}
      onDrop={(event) => void drop(event)}
    >
      <div className="page-head">
        <h1>Dashboards</h1>
        {data && data.length > 0 && <span className="faint num">{plural(data.length, 'dashboard')}</span>}
        <span className="grow" />
        {data && data.length > 0 && <Filter view={view} />}
        <Button size="xs" variant="default" leftSection={<UploadIcon size={14} />} onClick={() => setIncoming({ name: 'The text', text: '' })}>
          Import
        </Button>
      </div>
      {view.tag !== '' && (
        <div className="row">
          <span className="dim">Tagged</span> <span className={styles.tag}>{view.tag}</span>
          <ViewLink to={{ ...view, tag: '' }}>Show all</ViewLink>
        </div>
      )}
      {isPending && (
        <section className="panel">
          <RowsSkeleton rows={5} height={16} />
        </section>
      )}
      {error && !data && (
        <section className="panel">
          <ErrorState title="The dashboards could not be read" error={error} onRetry={() => void refetch()} />
        </section>
      )}
      {data?.length === 0 && <NoDashboards />}
      {data && data.length > 0 && groups.length === 0 && (
        <section className="panel">
          <EmptyState title="No dashboard matches" icon={<DashboardsIcon size={22} />}>
            Clear the filter to see all {data.length}.
          </EmptyState>
        </section>
      )}
      {groups.map((group) => (
        <Group key={group.folder} group={group} hasName={groups.length > 1 || group.folder !== ''} view={view} />
      ))}
      {incoming && <ImportDialog incoming={incoming} onClose={() => setIncoming(null)} />}
    </div>
  );
}

function Filter({ view }: { view: DashboardsView }) {
  return (
    <TextInput
      size="xs"
      className={styles.filter}
      placeholder="Filter by title or tag"
      aria-label="Filter dashboards"
      leftSection={<SearchIcon size={14} />}
      value={view.filter}
      onChange={(event) => goTo({ view: { ...view, filter: event.currentTarget.value } }, true)}
    />
  );
}

function Group({ group, hasName, view }: { group: DashboardGroup; hasName: boolean; view: DashboardsView }) {
  return (
    <section className="panel">
      {hasName && <div className="panel-head">{group.folder || 'General'}</div>}
      <ul className={styles.list}>
        {group.hits.map((hit) => (
          <Row key={hit.uid} hit={hit} view={view} />
        ))}
      </ul>
    </section>
  );
}

function Row({ hit, view }: { hit: SearchHit; view: DashboardsView }) {
  const client = useQueryClient();
  const [isSure, setSure] = useState(false);
  const [fault, setFault] = useState('');
  const slug = hit.url.split('/')[3] ?? '';
  const remove = async () => {
    if (!isSure) {
      setSure(true);
      return;
    }
    try {
      await deleteDashboard(hit.uid);
      await client.invalidateQueries({ queryKey: ['dashboards'] });
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
      setSure(false);
    }
  };
  return (
    <li className={styles.row} data-testid="dashboard-row" onMouseLeave={() => setSure(false)}>
      <ViewLink to={{ page: 'dashboard', uid: hit.uid, slug, vars: {}, timed: false, panel: '' }} className={styles.title}>
        <DashboardsIcon size={15} /> <span className="truncate">{hit.title}</span>
      </ViewLink>
      <span className={styles.tags}>
        {hit.tags.map((tag) => (
          <ViewLink key={tag} to={{ ...view, tag }} className={styles.tag}>
            {tag}
          </ViewLink>
        ))}
      </span>
      {fault !== '' && <span className="error-text">{fault}</span>}
      <Tooltip label={isSure ? 'Click again to delete it' : 'Delete'}>
        <ActionIcon variant={isSure ? 'filled' : 'subtle'} color={isSure ? 'red' : 'gray'} size={26} aria-label={isSure ? `Delete ${hit.title}: click again` : `Delete ${hit.title}`} className={styles.delete} onClick={() => void remove()}>
          <TrashIcon size={14} />
        </ActionIcon>
      </Tooltip>
    </li>
  );
}

function NoDashboards() {
  return (
    <section className="panel">
      <EmptyState title="There are no dashboards yet" icon={<DashboardsIcon size={22} />}>
        <p>Drop the JSON of a Grafana dashboard here, import it, or start Pharos with a folder of them:</p>
        <CopyBlock text="pharos serve --config.grafana dashboards/" />
      </EmptyState>
    </section>
  );
}

