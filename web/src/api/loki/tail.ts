// WebSocket /loki/api/v1/tail: lines as they arrive. Where the socket cannot be opened, or drops,
// the same query is polled, so that the page follows the log either way.
import { buildUrl } from '../client';
import { logQueryRange, toNanos, type LogStream } from './query_range';

export interface TailMessage {
  streams: LogStream[] | null;
  dropped_entries?: unknown[] | null;
}

export type TailMode = 'connecting' | 'stream' | 'poll';

export interface TailListener {
  onStreams: (streams: LogStream[]) => void;
  onMode: (mode: TailMode) => void;
  onError: (error: Error) => void;
}

const pollMs = 2000;
const openTimeoutMs = 4000;

/** Follows a query from `startMs` on until the returned function is called. */
export function followLogs(query: string, startMs: number, listener: TailListener): () => void {
  let stopped = false;
  let stopInner: () => void = () => {};
  listener.onMode('connecting');
  const poll = () => {
    if (stopped) return;
    listener.onMode('poll');
    stopInner = pollLogs(query, Date.now() - pollMs, listener);
  };
  stopInner = openSocket(query, startMs, listener, poll);
  return () => {
    stopped = true;
    stopInner();
  };
}

function openSocket(query: string, startMs: number, listener: TailListener, onFailure: () => void): () => void {
  const url = new URL(buildUrl('/loki/api/v1/tail', { query, start: toNanos(startMs) }), window.location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const socket = new WebSocket(url);
  let failed = false;
  const fail = () => {
    if (failed) return;
    failed = true;
    clearTimeout(timer);
    socket.close();
    onFailure();
  };
  const timer = setTimeout(fail, openTimeoutMs);
  socket.onopen = () => {
    clearTimeout(timer);
    listener.onMode('stream');
  };
  socket.onmessage = (event: MessageEvent<string>) => {
    try {
      listener.onStreams((JSON.parse(event.data) as TailMessage).streams ?? []);
    } catch {
      fail();
    }
  };
  socket.onerror = fail;
  socket.onclose = fail;
  return () => {
    failed = true;
    clearTimeout(timer);
    socket.close();
  };
}

function pollLogs(query: string, startMs: number, listener: TailListener): () => void {
  const abort = new AbortController();
  let fromMs = startMs;
  const next = async () => {
    const toMs = Date.now();
    try {
      const data = await logQueryRange({ query, window: { fromMs, toMs }, limit: 1000 }, abort.signal);
      if (data.resultType === 'streams') listener.onStreams(data.result);
      // Lines may arrive a little late; the page drops what it has already.
      fromMs = toMs - 2 * pollMs;
    } catch (error) {
      if (!abort.signal.aborted) listener.onError(error as Error);
    }
    if (!abort.signal.aborted) timer = setTimeout(next, pollMs);
  };
  let timer = setTimeout(next, 0);
  return () => {
    abort.abort();
    clearTimeout(timer);
  };
}
