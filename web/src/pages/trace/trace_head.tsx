import { Button } from '@mantine/core';
import { serviceColor } from '../../colors';
import { CopyButton } from '../../components/copy_block';
import { formatDateTime } from '../../format';
import { AlertIcon, ArrowLeftIcon, LogsIcon } from '../../icons';
import { goTo, ViewLink } from '../../navigation';
import type { TraceSummary } from '../../trace/summary';
import { emptyViews } from '../../url_state';
import { logsOfTrace } from './trace_links';
import styles from './trace_page.module.css';

export function TraceHead({ id, summary }: { id: string; summary: TraceSummary | null }) {
  return (
    <div className={styles.top}>
      <div className="page-head">
        <ViewLink
          to={{ ...emptyViews.traces, service: summary?.rootService ?? '' }}
          aria-label="Back to the traces"
          className={styles.back}
        >
          <ArrowLeftIcon />
        </ViewLink>
        {summary ? (
          <>
            <span className={styles.dot} style={{ background: serviceColor(summary.rootService) }} />
            <h1>
              <span className={styles.service}>{summary.rootService}</span> {summary.rootOperation}
            </h1>
            {summary.errorCount > 0 && (
              <span className={styles.failed}>
                <AlertIcon size={14} /> failed
              </span>
            )}
          </>
        ) : (
          <h1>Trace</h1>
        )}
        <span className="grow" />
        {summary && (
          <Button
            size="xs"
            variant="default"
            leftSection={<LogsIcon />}
            data-testid="logs-of-trace"
            onClick={() => goTo(logsOfTrace(summary))}
          >
            Logs of this trace
          </Button>
        )}
      </div>
      <div className={`row ${styles.id}`}>
        <span className="code faint truncate" data-testid="trace-id">
          {id}
        </span>
        <CopyButton text={id} label="Copy the trace id" />
        {summary && <span className="num faint">{formatDateTime(summary.startMicros / 1000, true)}</span>}
      </div>
    </div>
  );
}
