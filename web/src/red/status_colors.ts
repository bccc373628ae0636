import type { StatusClass } from './red_source';

export const statusColors: Record<StatusClass, string> = {
  '2xx': 'var(--series-3)',
  '3xx': 'var(--series-5)',
  '4xx': 'var(--series-2)',
  '5xx': 'var(--error)',
  other: 'var(--series-8)',
};
