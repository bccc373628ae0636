// What a panel shows instead of data: loading, nothing there, or an error; each says what to do next.
import { Button, Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { ApiError } from '../api/client';
import { AlertIcon } from '../icons';
import styles from './states.module.css';

export function PageSkeleton() {
  return (
    <div className="page" aria-busy="true" aria-label="Loading">
      <Skeleton h={28} w={180} />
      <Skeleton h={64} />
      <Skeleton h={320} />
    </div>
  );
}

/** Widths of made-up rows, in percent: uneven, as lines are. */
const rowWidths = [92, 78, 86, 64, 90, 72, 83, 58];

export function RowsSkeleton({ rows = 8, height = 12 }: { rows?: number; height?: number }) {
  return (
    <div className={styles.rows} aria-busy="true" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} h={height} w={`${rowWidths[row % rowWidths.length]}%`} />
      ))}
    </div>
  );
}

interface EmptyProps {
  title: string;
  children?: ReactNode;
  icon?: ReactNode;
}

export function EmptyState({ title, children, icon }: EmptyProps) {
  return (
    <div className={styles.state} role="status">
      {icon && <div className={styles.icon}>{icon}</div>}
      <h2>{title}</h2>
      {children && <div className={styles.text}>{children}</div>}
    </div>
  );
}

interface ErrorProps {
  title: string;
  error: Error;
  onRetry?: () => void;
}

export function ErrorState({ title, error, onRetry }: ErrorProps) {
  return (
    <div className={styles.state} role="alert">
      <div className={`${styles.icon} ${styles.failed}`}>
        <AlertIcon size={22} />
      </div>
      <h2>{title}</h2>
      <p className={styles.text}>{asSentence(error.message)}</p>
      {adviceFor(error) && <p className={`${styles.text} faint`}>{adviceFor(error)}</p>}
      {onRetry && (
        <Button size="xs" variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

function asSentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?)]$/.test(text) ? '' : '.');
}

function adviceFor(error: Error): string {
  if (!(error instanceof ApiError)) return '';
  switch (error.kind) {
    case 'unreachable':
      return 'Start it with ./dev run, or look at its last lines of output.';
    case 'server':
      return 'The reason is in the log of Pharos.';
    case 'refused':
      return 'This address may not ask. Check the allowed hosts and the login in pharos.yaml.';
    default:
      return '';
  }
}

/** One line over data that is still shown although its refresh failed. */
export function StaleNote({ error }: { error: Error | null }) {
  if (!error) return null;
  return (
    <div className={styles.stale} role="alert">
      <AlertIcon size={14} /> <span>These are the last values. The refresh failed: {error.message}</span>
    </div>
  );
}
