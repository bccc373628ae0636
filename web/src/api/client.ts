// The one place that talks to the server. Every call goes to the page's own origin, can be
// cancelled, has a deadline, and fails with an ApiError whose message can be shown as it is.

export type ApiErrorKind = 'unreachable' | 'timeout' | 'bad_request' | 'not_found' | 'refused' | 'server' | 'bad_answer';

export class ApiError extends Error {
  constructor(
    readonly kind: ApiErrorKind,
    message: string,
    readonly status = 0,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export type Params = Record<string, string | number | boolean | string[] | undefined>;

const defaultTimeoutMs = 30_000;

export function buildUrl(path: string, params: Params = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value === undefined || value === '') continue;
    for (const item of Array.isArray(value) ? value : [value]) search.append(key, String(item));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

/** GETs JSON; the caller states its shape (one response type an endpoint, beside this file). */
export async function getJson<T>(path: string, params: Params, signal?: AbortSignal): Promise<T> {
  const { status, text } = await ask(buildUrl(path, params), { headers: { Accept: 'application/json' } }, signal);
  return parseAnswer<T>(path, status, text);
}

/** Changes something on the server; undefined where it answers without a body. */
export async function sendJson<T>(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<T | undefined> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const headers = { Accept: 'application/json', 'Content-Type': 'application/json' };
  const { status, text } = await ask(path, { method, headers, ...sent });
  return text.trim() === '' ? undefined : parseAnswer<T>(path, status, text);
}

async function ask(url: string, init: RequestInit, signal?: AbortSignal): Promise<{ status: number; text: string }> {
  const deadline = AbortSignal.timeout(defaultTimeoutMs);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { ...init, signal: signal ? AbortSignal.any([signal, deadline]) : deadline });
    text = await response.text();
  } catch (error) {
    throw toNetworkError(error, deadline);
  }
  if (!response.ok) throw toStatusError(response.status, text);
  return { status: response.status, text };
}

function parseAnswer<T>(path: string, status: number, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new ApiError('bad_answer', `The answer of ${path} is no JSON. Is Pharos behind this address?`, status);
  }
}

function toNetworkError(error: unknown, deadline: AbortSignal): unknown {
  if (deadline.aborted) {
    return new ApiError('timeout', 'No answer within 30 s. Try a shorter time range or a narrower query.');
  }
  if (error instanceof DOMException && error.name === 'AbortError') return error;
  return new ApiError('unreachable', `Pharos does not answer at ${window.location.host}. Is it still running?`);
}

export function toStatusError(status: number, body: string): ApiError {
  return new ApiError(kindOf(status), messageOf(body) || `The server answered with status ${status}.`, status);
}

function kindOf(status: number): ApiErrorKind {
  if (status === 404) return 'not_found';
  if (status === 401 || status === 403) return 'refused';
  return status >= 500 ? 'server' : 'bad_request';
}

/** The sentence in an error body: Prometheus's `error`, Jaeger's `errors[].msg`, Loki's plain text, Alertmanager's string. */
export function messageOf(body: string): string {
  const trimmed = body.trim();
  // Alertmanager answers a bare JSON string.
  if (/^"[^]*"$/.test(trimmed)) return trimmed.slice(1, -1).replace(/\\(["\\])/g, '$1');
  if (!trimmed.startsWith('{')) return trimmed.startsWith('<') ? '' : trimmed.slice(0, 2000);
  try {
    const parsed = JSON.parse(trimmed) as { error?: unknown; message?: unknown; errors?: { msg?: unknown }[] };
    const message = parsed.error ?? parsed.message ?? parsed.errors?.[0]?.msg;
    return typeof message === 'string' ? message : '';
  } catch {
    return '';
  }
}

/** Null where the server has no such endpoint: that part of Pharos is not running. Other errors stay errors. */
export async function orMissing<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.kind === 'not_found') return null;
    throw error;
  }
}
