// The search's fields. Selects apply at once; typed fields apply on Enter or "Search".
import { Button, Select, Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { traceOperations } from '../../api/jaeger/operations';
import { traceServices } from '../../api/jaeger/services';
import { useClock } from '../../clock';
import { useDraft } from '../../components/use_draft';
import { SearchIcon } from '../../icons';
import { goTo } from '../../navigation';
import { parseDurationMs } from '../../time_range';
import { parseTags } from '../../trace/tags';
import { limits, type TracesView } from '../../url_state';
import styles from './search_form.module.css';

export function SearchForm({ view }: { view: TracesView }) {
  const { refreshNow } = useClock();
  const [draft, setDraft] = useDraft(view, JSON.stringify(view));
  const [traceId, setTraceId] = useState('');
  const services = useQuery({ queryKey: ['trace-services'], queryFn: ({ signal }) => traceServices(signal) });
  const operations = useQuery({
    queryKey: ['trace-operations', view.service],
    queryFn: ({ signal }) => traceOperations(view.service, signal),
    enabled: view.service !== '',
  });
  const isDurationBad = (text: string) => text !== '' && !isDuration(text);
  const areTagsBad = parseTags(draft.tags) === null;
  const isBad = isDurationBad(draft.minDuration) || isDurationBad(draft.maxDuration) || areTagsBad;
  const apply = (next: TracesView) => {
    setDraft(next);
    goTo({ view: next });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isBad) return;
    if (JSON.stringify(draft) === JSON.stringify(view)) refreshNow();
    else apply(draft);
  };
  const withOwn = (list: string[] | undefined, own: string) => [...new Set([...(list ?? []), ...(own ? [own] : [])])];

  return (
    <div className={styles.forms}>
      <form className={styles.form} onSubmit={submit}>
        <Select
          className={styles.wide}
          size="xs"
          label="Service"
          placeholder="All services"
          searchable
          clearable
          data={withOwn(services.data, view.service)}
          value={view.service || null}
          nothingFoundMessage={services.error ? 'The services could not be read' : 'No service has sent spans'}
          onChange={(service) => apply({ ...draft, service: service ?? '', operation: '' })}
        />
        <Select
          className={styles.wide}
          size="xs"
          label="Operation"
          placeholder="Any"
          searchable
          clearable
          disabled={view.service === ''}
          data={withOwn(operations.data, view.operation)}
          value={view.operation || null}
          onChange={(operation) => apply({ ...draft, operation: operation ?? '' })}
        />
        <TextInput
          className={styles.narrow}
          size="xs"
          label="Min duration"
          placeholder="100ms"
          value={draft.minDuration}
          error={isDurationBad(draft.minDuration)}
          onChange={(event) => setDraft({ ...draft, minDuration: event.currentTarget.value.trim() })}
        />
        <TextInput
          className={styles.narrow}
          size="xs"
          label="Max duration"
          placeholder="2s"
          value={draft.maxDuration}
          error={isDurationBad(draft.maxDuration)}
          onChange={(event) => setDraft({ ...draft, maxDuration: event.currentTarget.value.trim() })}
        />
        <TextInput
          className={`${styles.wide} ${styles.tags}`}
          size="xs"
          label="Tags"
          placeholder={'http.route=/pay user="a b"'}
          value={draft.tags}
          error={areTagsBad}
          onChange={(event) => setDraft({ ...draft, tags: event.currentTarget.value })}
        />
        <Select
          className={styles.narrow}
          size="xs"
          label="Most"
          allowDeselect={false}
          data={limits.traces.map(String)}
          value={String(view.limit)}
          onChange={(limit) => apply({ ...draft, limit: Number(limit) })}
        />
        <Switch
          className={styles.switch}
          size="xs"
          label="Errors only"
          checked={view.errorsOnly}
          onChange={(event) => apply({ ...draft, errorsOnly: event.currentTarget.checked })}
        />
        <Button size="xs" type="submit" leftSection={<SearchIcon size={14} />} disabled={isBad}>
          Search
        </Button>
      </form>
      <form
        className={styles.byId}
        onSubmit={(event) => {
          event.preventDefault();
          if (isTraceId(traceId)) goTo({ view: { page: 'trace', id: traceId.trim().toLowerCase(), span: '' } });
        }}
      >
        <TextInput
          size="xs"
          label="Trace id"
          placeholder="Paste an id, press Enter"
          classNames={{ input: 'code' }}
          value={traceId}
          error={traceId.trim() !== '' && !isTraceId(traceId)}
          onChange={(event) => setTraceId(event.currentTarget.value)}
        />
      </form>
    </div>
  );
}

const isTraceId = (text: string) => /^[0-9a-f]{1,32}$/i.test(text.trim());

/** A duration as Jaeger reads it: also microseconds, and parts in a row. */
function isDuration(text: string): boolean {
  return parseDurationMs(text) !== null || /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text);
}
