// An alert opened: what it measures, what its minutes hold, and how to keep it quiet.
import { Button, Skeleton } from '@mantine/core';
import { useState } from 'react';
import { alertChart } from '../../alerts/alert_chart';
import { arrangeAnnotations, chartWindow, evidenceOf, linkIn, logsTarget, tracesTarget, unitOfRule } from '../../alerts/alert_links';
import type { AlertRow, RuleOfAlert } from '../../alerts/alert_rows';
import { durationWords } from '../../alerts/duration_words';
import { matchersOf } from '../../alerts/matchers';
import { useAlertGraph, useTraceEvidence } from '../../alerts/use_evidence';
import { Chart } from '../../charts/chart';
import type { ChartMark } from '../../charts/chart_data';
import { useClock } from '../../clock';
import { CopyBlock, CopyButton } from '../../components/copy_block';
import { formatClock, formatDateTime } from '../../format';
import { BookIcon, LogsIcon, MetricsIcon, MuteIcon, ServicesIcon, TracesIcon } from '../../icons';
import { goTo, ViewLink } from '../../navigation';
import { absoluteRange, type TimeWindow } from '../../time_range';
import { emptyViews } from '../../url_state';
import { SilenceForm } from '../silences/silence_form';
import { EvidenceOf } from './evidence';
import styles from './alert_detail.module.css';

interface DetailProps {
  row: AlertRow;
  found: RuleOfAlert | null;
  hasNotifications: boolean;
}

export function AlertDetail({ row, found, hasNotifications }: DetailProps) {
  const { askedMs } = useClock();
  const [isSilencing, setIsSilencing] = useState(false);
  const query = found?.rule.query ?? '';
  const evidence = evidenceOf(row, query, askedMs);
  const foundTraces = useTraceEvidence(evidence).data;
  const { description, runbook, others } = arrangeAnnotations(row.annotations);
  const onset = `${formatClock(evidence.window.fromMs).slice(0, 5)} – ${formatClock(evidence.window.toMs).slice(0, 5)}`;
  return (
    <div className={styles.detail} data-testid="alert-detail">
      {description && <p className={styles.description}>{description}</p>}
      <div className={styles.actions}>
        <Button size="xs" variant="default" leftSection={<TracesIcon />} onClick={() => goTo(tracesTarget(foundTraces ? { ...evidence, traces: foundTraces.view } : evidence))} data-testid="alert-traces">
          Traces {onset}
        </Button>
        <Button size="xs" variant="default" leftSection={<LogsIcon />} onClick={() => goTo(logsTarget(evidence))} data-testid="alert-logs">
          Logs {onset}
        </Button>
        {evidence.service && <ServiceButton service={evidence.service} window={evidence.window} />}
        {runbook && (
          <Button size="xs" variant="default" component="a" href={runbook} target="_blank" rel="noreferrer" leftSection={<BookIcon />}>
            Runbook
          </Button>
        )}
        <span className="grow" />
        {hasNotifications && (
          <Button size="xs" variant={isSilencing ? 'light' : 'default'} leftSection={<MuteIcon />} onClick={() => setIsSilencing(!isSilencing)} aria-expanded={isSilencing}>
            Silence
          </Button>
        )}
      </div>
      {isSilencing && (
        <div className={styles.box}>
          <SilenceForm matchers={matchersOf(row.labels)} onClose={() => setIsSilencing(false)} />
        </div>
      )}
      {query !== '' && <Graph row={row} found={found!} nowMs={askedMs} />}
      {!evidence.service && <p className={styles.hint}>No label says which service this is about: traces and lines of all services are shown.</p>}
      <EvidenceOf evidence={evidence} />
      <Facts row={row} found={found} others={others} />
    </div>
  );
}

function ServiceButton({ service, window }: { service: string; window: TimeWindow }) {
  const range = absoluteRange(window.fromMs, window.toMs);
  return (
    <Button size="xs" variant="default" leftSection={<ServicesIcon />} onClick={() => goTo({ view: { page: 'service', name: service }, range })}>
      {service}
    </Button>
  );
}

function Graph({ row, found, nowMs }: { row: AlertRow; found: RuleOfAlert; nowMs: number }) {
  const { rule } = found;
  const window = chartWindow(row.sinceMs, rule.duration, nowMs);
  const { data, error } = useAlertGraph(rule.query, window);
  const unit = unitOfRule(rule);
  if (!data && error) return <p className={styles.hint}>The graph could not be drawn: {error.message}</p>;
  if (!data) return <Skeleton h={230} />;
  if (data.answers.every(({ entries }) => entries.length === 0)) {
    return <p className={styles.hint}>The expression has no value between {formatDateTime(data.window.fromMs)} and now: it fires on what is missing.</p>;
  }
  return (
    <Chart
      label={`${row.name} over time`}
      times={data.times}
      series={alertChart(data.answers, data.times, row.labels, unit)}
      window={data.window}
      unit={unit}
      height={200}
      marks={marksOf(row, rule.duration)}
      onZoom={(fromMs, toMs) => goTo({ view: { ...emptyViews.metrics, queries: data.answers.map(({ part }) => part.expr) }, range: absoluteRange(fromMs, toMs) })}
    />
  );
}

function marksOf(row: AlertRow, forSeconds: number): ChartMark[] {
  if (row.sinceMs === null) return [];
  const firedMs = row.sinceMs + forSeconds * 1000;
  const fired: ChartMark = { atMs: firedMs, label: 'fired', color: 'var(--error)' };
  if (forSeconds === 0) return [fired];
  const pending: ChartMark = { atMs: row.sinceMs, label: 'pending', color: 'var(--warn)', side: 'left' };
  return row.state === 'firing' ? [pending, fired] : [pending];
}

function Facts({ row, found, others }: { row: AlertRow; found: RuleOfAlert | null; others: [string, string][] }) {
  return (
    <div className={styles.facts}>
      {found && (
        <div>
          <div className={styles.head}>
            Expression
            <span className="grow" />
            <ViewLink to={{ ...emptyViews.metrics, queries: [found.rule.query] }}>
              <MetricsIcon size={13} /> Open in Metrics
            </ViewLink>
          </div>
          <CopyBlock text={found.rule.query.trim()} />
          <p className={styles.hint}>
            {found.rule.duration > 0 ? `for ${durationWords(found.rule.duration * 1000)}` : 'fires at once'}
            {(found.rule.keepFiringFor ?? 0) > 0 && ` · kept firing for ${durationWords(found.rule.keepFiringFor! * 1000)}`} · group {found.group.name},{' '}
            {found.group.file}
          </p>
        </div>
      )}
      <div>
        <div className={styles.head}>Labels and annotations</div>
        <dl className={styles.pairs}>
          {[...Object.entries(row.labels), ...others].map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="code">
                <Value text={value} /> <CopyButton text={value} label={`Copy ${name}`} />
              </dd>
            </div>
          ))}
          {linkIn(row.generatorUrl) && (
            <div>
              <dt>source</dt>
              <dd>
                <Value text={row.generatorUrl} />
              </dd>
            </div>
          )}
        </dl>
      </div>
    </div>
  );
}

function Value({ text }: { text: string }) {
  const href = linkIn(text);
  if (!href) return <span>{text}</span>;
  return (
    <a href={href} target="_blank" rel="noreferrer">
      {text}
    </a>
  );
}
