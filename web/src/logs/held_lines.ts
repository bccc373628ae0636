// While somebody reads further down, new lines wait above instead of pushing the read ones away.
import { useState, useSyncExternalStore } from 'react';
import type { LogEntry } from './log_entry';

/** Scrolled further than this, in pixels, the newest lines are out of sight. */
const awayPixels = 200;

function subscribe(listener: () => void): () => void {
  window.addEventListener('scroll', listener, { passive: true });
  return () => window.removeEventListener('scroll', listener);
}

/** How many entries, newest first, came after those that are held. */
export function countNewer(held: LogEntry[], entries: LogEntry[]): number {
  if (held.length === 0) return entries.length;
  const index = entries.findIndex((entry) => entry.key === held[0]!.key);
  return index < 0 ? entries.length : index;
}

interface HeldLines {
  shown: LogEntry[];
  /** Lines that wait. */
  newer: number;
}

/** `what` names the query: another one lets go of what is held. */
export function useHeldLines(entries: LogEntry[], isLive: boolean, what: string): HeldLines {
  const isAway = useSyncExternalStore(subscribe, () => window.scrollY > awayPixels);
  const [held, setHeld] = useState<{ what: string; entries: LogEntry[] } | null>(null);
  const isHolding = isLive && isAway;
  const current = held && isHolding && held.what === what ? held : null;
  if (isHolding && !current && entries.length > 0) setHeld({ what, entries });
  if (!isHolding && held) setHeld(null);
  if (!current) return { shown: entries, newer: 0 };
  return { shown: current.entries, newer: countNewer(current.entries, entries) };
}
