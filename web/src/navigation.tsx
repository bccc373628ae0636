// The address bar as React state. Pages read it with useUrlState and change it with goTo, patchView
// and setRange; links are real links, so a middle click opens a tab.
import { useMemo, useSyncExternalStore, type AnchorHTMLAttributes, type MouseEvent } from 'react';
import type { TimeRange } from './time_range';
import { decodeHash } from './url_loop';
import { decodeUrl, encodeUrl, type UrlState, type View } from './url_state';

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('popstate', listener);
  };
}

/** An address of Alertmanager keeps its page behind the "#": it becomes ours. */
function adoptHash(): void {
  const view = decodeHash(window.location.hash);
  if (!view) return;
  window.history.replaceState(null, '', encodeUrl({ ...currentState(), view }));
  listeners.forEach((listener) => listener());
}
if (typeof window !== 'undefined') {
  adoptHash();
  window.addEventListener('hashchange', adoptHash);
}

const address = () => window.location.pathname + window.location.search;

export function currentState(): UrlState {
  return decodeUrl(window.location.pathname, window.location.search);
}

export function useUrlState(): UrlState {
  const current = useSyncExternalStore(subscribe, address);
  return useMemo(() => {
    const url = new URL(current, window.location.origin);
    return decodeUrl(url.pathname, url.search);
  }, [current]);
}

function show(state: UrlState, replace: boolean): void {
  const url = encodeUrl(state);
  if (url === address()) return;
  const before = window.location.pathname;
  window.history[replace ? 'replaceState' : 'pushState'](null, '', url);
  listeners.forEach((listener) => listener());
  if (window.location.pathname !== before) window.scrollTo(0, 0);
}

export interface Target {
  view: View;
  /** Left out: the range that is shown now. */
  range?: TimeRange;
}

export function goTo(target: Target, replace = false): void {
  show({ ...currentState(), ...target }, replace);
}

export function setRange(range: TimeRange): void {
  show({ ...currentState(), range }, false);
}

export function setRefresh(refresh: number): void {
  show({ ...currentState(), refresh }, true);
}

export function hrefOf(target: Target): string {
  return encodeUrl({ ...currentState(), ...target });
}

type ViewLinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & { to: View; range?: TimeRange | undefined };

/** A link to a view; a plain click stays in the page, any other click is the browser's. */
export function ViewLink({ to, range, onClick, ...rest }: ViewLinkProps) {
  useUrlState(); // The range in the address follows what is shown.
  const target: Target = range ? { view: to, range } : { view: to };
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    goTo(target);
  };
  return <a {...rest} href={hrefOf(target)} onClick={follow} />;
}
