// The time window of the page: the URL's range resolved against a clock that moves only on a
// refresh, so that all panels of a page ask for the same moments.
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { useUrlState } from './navigation';
import { isRelative, resolveRange, type TimeWindow } from './time_range';

interface PageClock {
  window: TimeWindow;
  /** Epoch milliseconds of the last refresh. */
  askedMs: number;
  /** Asks again, up to now. */
  refreshNow: () => void;
}

const ClockContext = createContext<PageClock | null>(null);

/** Pages that show what is now, whatever the time range: they have a refresh and no range. */
export const nowPages = new Set(['targets', 'alerts', 'silences', 'slos']);

/** Pages whose content does not move under the reader: they refresh on demand only. */
const stillPages = new Set(['traces', 'trace', 'logs']);

export function ClockProvider({ children }: { children: ReactNode }) {
  const { range, refresh, view } = useUrlState();
  const [tick, setTick] = useState(0);
  const refreshNow = useCallback(() => setTick((value) => value + 1), []);
  const isMoving = refresh > 0 && (nowPages.has(view.page) || isRelative(range)) && !stillPages.has(view.page);

  useEffect(() => {
    if (!isMoving) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) refreshNow();
    }, refresh * 1000);
    return () => clearInterval(timer);
  }, [isMoving, refresh, refreshNow]);

  const clock = useMemo(
    () => {
      const askedMs = Date.now();
      return { window: resolveRange(range, askedMs), askedMs, refreshNow };
    },
    // The tick is what moves the clock.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [range.from, range.to, view.page, tick, refreshNow],
  );
  return <ClockContext value={clock}>{children}</ClockContext>;
}

export function useClock(): PageClock {
  const clock = useContext(ClockContext);
  if (!clock) throw new Error('useClock outside of ClockProvider');
  return clock;
}
