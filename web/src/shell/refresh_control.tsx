// Ask again now, and how often to ask by itself on the pages that move.
import { ActionIcon, Menu, Tooltip } from '@mantine/core';
import { useIsFetching } from '@tanstack/react-query';
import { nowPages, useClock } from '../clock';
import { CheckIcon, RefreshIcon } from '../icons';
import { setRefresh, useUrlState } from '../navigation';
import { isRelative } from '../time_range';
import { refreshChoices } from '../url_state';
import styles from './refresh_control.module.css';

export function RefreshControl() {
  const { refreshNow } = useClock();
  const { refresh, range, view } = useUrlState();
  // The count of alerts in the header is asked for quietly.
  const isBusy = useIsFetching({ predicate: (query) => query.queryKey[0] !== 'alerts' }) > 0;
  const hasInterval = nowPages.has(view.page) || (['services', 'service', 'metrics', 'dashboard'].includes(view.page) && isRelative(range));
  const interval = refresh === 0 ? 'Off' : refresh < 60 ? `${refresh}s` : `${refresh / 60}m`;
  return (
    <div className={styles.group}>
      <Tooltip label="Refresh now">
        <ActionIcon
          variant="default"
          size={32}
          aria-label="Refresh now"
          data-busy={isBusy || undefined}
          className={styles.button}
          data-joined={hasInterval || undefined}
          onClick={refreshNow}
        >
          <RefreshIcon />
        </ActionIcon>
      </Tooltip>
      {hasInterval && (
        <Menu position="bottom-end" width={140}>
          <Menu.Target>
            <button type="button" className={styles.interval} aria-label={`Refresh every: ${interval}`}>
              {interval}
            </button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>Refresh every</Menu.Label>
            {refreshChoices.map((choice) => (
              <Menu.Item
                key={choice}
                rightSection={choice === refresh ? <CheckIcon size={14} /> : null}
                onClick={() => setRefresh(choice)}
              >
                {choice === 0 ? 'Off' : choice < 60 ? `${choice} s` : `${choice / 60} min`}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </div>
  );
}
