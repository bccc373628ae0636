import { Button, NativeSelect, Switch } from '@mantine/core';
import { plural } from '../../format';
import { PauseIcon, PlayIcon } from '../../icons';
import type { LiveTail } from '../../logs/use_logs';
import { goTo } from '../../navigation';
import { limits, type LogsView } from '../../url_state';
import styles from './logs_page.module.css';

interface LogToolbarProps {
  view: LogsView;
  shown: number | null;
  tail: LiveTail;
  hasMore: boolean;
}

export function LogToolbar({ view, shown, tail, hasMore }: LogToolbarProps) {
  return (
    <div className={styles.toolbar}>
      <span className="num" data-testid="line-count" data-value={shown ?? ''}>
        {shown === null ? 'Lines' : plural(shown, 'line')}
      </span>
      {hasMore && !view.live && <span className={`faint ${styles.hint}`}>the newest; older ones are beyond the limit</span>}
      {view.live && <TailState tail={tail} />}
      <span className="grow" />
      <Switch
        size="xs"
        className={styles.wrapSwitch}
        label="Wrap"
        checked={view.wrap}
        onChange={(event) => goTo({ view: { ...view, wrap: event.currentTarget.checked } }, true)}
      />
      <NativeSelect
        size="xs"
        aria-label="Most lines to load"
        value={String(view.limit)}
        onChange={(event) => goTo({ view: { ...view, limit: Number(event.currentTarget.value) } }, true)}
        data={limits.logs.map((limit) => ({ value: String(limit), label: plural(limit, 'line') }))}
      />
      <Button
        size="xs"
        variant={view.live ? 'light' : 'default'}
        leftSection={view.live ? <PauseIcon size={14} /> : <PlayIcon size={14} />}
        aria-pressed={view.live}
        onClick={() => goTo({ view: { ...view, live: !view.live } }, true)}
      >
        {view.live ? 'Stop' : 'Live'}
      </Button>
    </div>
  );
}

function TailState({ tail }: { tail: LiveTail }) {
  if (tail.error) return <span className="error-text truncate">Live stopped answering: {tail.error.message}</span>;
  const text = { connecting: 'connecting…', stream: 'live', poll: 'live, asked every 2 s' }[tail.mode];
  return (
    <span className={styles.live} role="status">
      <span className={styles.pulse} data-on={tail.mode !== 'connecting' || undefined} /> {text}
    </span>
  );
}
