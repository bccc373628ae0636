// What a refreshing panel shows: the answer, and when a refresh fails the last good one with the error
// beside it. TanStack Query alone lets go of the last data once the next moment's query fails.
import { useState } from 'react';

interface Asked<T> {
  data: T | undefined;
  error: Error | null;
  isPending: boolean;
  isPlaceholderData: boolean;
}

interface Kept<T> {
  subject: string;
  data: T | undefined;
  error: Error | null;
}

/** The state after one look at the query; the same object where nothing changed. */
export function keep<T>(now: Kept<T>, asked: Asked<T>, subject: string): Kept<T> {
  const base: Kept<T> = now.subject === subject ? now : { subject, data: undefined, error: null };
  const isAnswered = asked.data !== undefined && !asked.isPlaceholderData;
  // While the next answer is awaited, the last failure still stands.
  const error = asked.error ?? (isAnswered ? null : base.error);
  const data = isAnswered ? asked.data : base.data;
  return base === now && base.data === data && base.error === error ? now : { subject, data, error };
}

/** `subject` names what is asked for, without the moment: data of another subject is not kept. */
export function useKept<T>(asked: Asked<T>, subject: string): Pick<Asked<T>, 'data' | 'error' | 'isPending'> {
  const [before, setBefore] = useState<Kept<T>>({ subject, data: undefined, error: null });
  const now = keep(before, asked, subject);
  if (now !== before) setBefore(now);
  const data = asked.data ?? now.data;
  return { data, error: now.error, isPending: asked.isPending && data === undefined && !now.error };
}
