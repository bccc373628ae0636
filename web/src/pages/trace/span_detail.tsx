// An opened span: when, how long, its tags, events and process, and the way to its logs.
import { Button } from '@mantine/core';
import type { JaegerLog, JaegerTag } from '../../api/jaeger/trace';
import { CopyButton } from '../../components/copy_block';
import { formatDateTime, formatMicros } from '../../format';
import { AlertIcon, LogsIcon } from '../../icons';
import { goTo } from '../../navigation';
import { tagValue } from '../../trace/tags';
import type { SpanNode } from '../../trace/tree';
import { logsOfSpan } from './trace_links';
import styles from './span_detail.module.css';

export function SpanDetail({ node }: { node: SpanNode }) {
  const { span } = node;
  const description = tagValue(span.tags, 'otel.status_description');
  const links = (span.references ?? []).filter((reference) => reference.traceID !== span.traceID || reference.refType === 'FOLLOWS_FROM');
  return (
    <div className={styles.detail} data-testid="span-detail">
      <div className={styles.facts}>
        <Fact name="Start">{formatMicros(node.offsetMicros)}</Fact>
        <Fact name="Duration">{formatMicros(span.duration)}</Fact>
        <Fact name="Self">{formatMicros(node.selfMicros)}</Fact>
        <Fact name="Kind">{String(tagValue(span.tags, 'span.kind') ?? 'internal')}</Fact>
        <span className="row" style={{ gap: 4 }}>
          <span className="faint">Span id</span> <span className="code">{span.spanID}</span>
          <CopyButton text={span.spanID} label="Copy the span id" />
        </span>
        <span className="grow" />
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<LogsIcon size={13} />}
          onClick={() => goTo(logsOfSpan(node.service, span.traceID, span.startTime, span.duration))}
        >
          Logs of this span’s service
        </Button>
      </div>
      {node.isError && (
        <div className={styles.error}>
          <AlertIcon size={14} /> {description ? String(description) : 'This span failed.'}
        </div>
      )}
      {(span.warnings ?? []).map((warning) => (
        <div key={warning} className={styles.warning}>
          {warning}
        </div>
      ))}
      <div className={styles.columns}>
        <TagTable title="Tags" tags={span.tags ?? []} />
        <TagTable title={`Process: ${node.service}`} tags={node.process.tags ?? []} />
      </div>
      <Events logs={span.logs ?? []} spanStart={span.startTime} />
      {links.length > 0 && (
        <TagTable title="Links" tags={links.map((link) => ({ key: link.refType.toLowerCase().replace('_', ' '), value: `${link.traceID} / ${link.spanID}` }))} />
      )}
    </div>
  );
}

function Fact({ name, children }: { name: string; children: string }) {
  return (
    <span>
      <span className="faint">{name}</span> <span className="num">{children}</span>
    </span>
  );
}

function TagTable({ title, tags }: { title: string; tags: JaegerTag[] }) {
  if (tags.length === 0) return null;
  return (
    <table className={styles.tags}>
      <caption>{title}</caption>
      <tbody>
        {tags.toSorted((a, b) => a.key.localeCompare(b.key)).map((tag, i) => (
          <tr key={`${tag.key}-${i}`}>
            <th scope="row" className="code">
              {tag.key}
            </th>
            <td className="code">{String(tag.value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Events({ logs, spanStart }: { logs: JaegerLog[]; spanStart: number }) {
  if (logs.length === 0) return null;
  return (
    <div className={styles.events}>
      <div className={styles.caption}>Events</div>
      {logs.map((log, i) => {
        const event = tagValue(log.fields, 'event') ?? tagValue(log.fields, 'message') ?? 'event';
        return (
          <details key={i} open={logs.length <= 3}>
            <summary>
              <span className="num" title={formatDateTime(log.timestamp / 1000, true)}>
                +{formatMicros(log.timestamp - spanStart)}
              </span>{' '}
              <b>{String(event)}</b>
            </summary>
            <TagTable title="" tags={log.fields.filter((field) => field.key !== 'event')} />
          </details>
        );
      })}
    </div>
  );
}
