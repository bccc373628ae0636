// Requests that change something at Grafana's paths; everything else is a GET of client.ts.
import { ApiError, toStatusError } from '../client';

const timeoutMs = 30_000;

/** Sends JSON and reads JSON. The server refuses it from any other origin. */
export async function sendJson<T>(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      headers: { Accept: 'application/json', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch {
    throw new ApiError('unreachable', `Pharos does not answer at ${window.location.host}. Is it still running?`);
  }
  if (!response.ok) throw toStatusError(response.status, text);
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new ApiError('bad_answer', `The answer of ${path} is no JSON.`, response.status);
  }
}
