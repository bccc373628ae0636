// Which metrics count the requests of services, and the PromQL that asks them for rate, errors and
// duration. Applications name these metrics and their labels differently; that knowledge is here.
import type { LabelSet } from '../api/prometheus/envelope';
import { durationText } from '../time_range';

export interface RedSource {
  /** Counter of requests. */
  requests: string;
  /** Histogram of request durations, without "_bucket". */
  duration: string;
  /** How many of the histogram's units make one second. */
  unitsPerSecond: number;
}

/** Pharos counts its own requests under this name. */
const ownRequests = 'pharos_http_requests_total';

/** Whether a source counts the requests of Pharos itself, and not of an application. */
export function isOwn(source: RedSource): boolean {
  return source.requests === ownRequests;
}

/** The names that /label/__name__/values is asked for. */
export const requestCounterMatcher =
  '{__name__=~"(.+_)?http_requests_total|http_server_request_duration_seconds_count|http_server_duration_milliseconds_count"}';

export const statusLabels = ['status', 'status_code', 'code', 'http_status', 'http_status_code', 'http_response_status_code'];
export const routeLabels = ['route', 'endpoint', 'http_route', 'handler', 'path'];

/** The sources among metric names; where two count one service, the earlier one is believed. */
export function redSourcesOf(names: string[]): RedSource[] {
  const sources: RedSource[] = [];
  const counters = names.filter((name) => /(^|_)http_requests_total$/.test(name));
  for (const name of counters.toSorted((a, b) => a.length - b.length || a.localeCompare(b))) {
    const prefix = name.slice(0, -'http_requests_total'.length);
    sources.push({ requests: name, duration: `${prefix}http_request_duration_seconds`, unitsPerSecond: 1 });
  }
  for (const [duration, unitsPerSecond] of [
    ['http_server_request_duration_seconds', 1],
    ['http_server_duration_milliseconds', 1000],
  ] as const) {
    if (names.includes(`${duration}_count`)) sources.push({ requests: `${duration}_count`, duration, unitsPerSecond });
  }
  return sources;
}

/** The seconds that a rate looks back: enough for four scrapes, and never shorter than a step. */
export function rateWindow(stepSeconds: number): string {
  return durationText(Math.max(60, stepSeconds) * 1000);
}

/** The service of a series: its job without the namespace that OTLP puts before it. */
export function serviceOf(labels: LabelSet): string {
  const job = labels.job ?? '';
  return job.slice(job.lastIndexOf('/') + 1) || 'unknown';
}

/** `{job=…}` for one service; empty for all. */
export function selectorFor(service: string | null): string {
  if (service === null) return '';
  const literal = service.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return `{job=~${quote(`(.+/)?${literal}`)}}`;
}

export function quote(text: string): string {
  return JSON.stringify(text);
}

export function requestRateQuery(source: RedSource, service: string | null, window: string, by: string[]): string {
  return `sum by (${by.join(', ')}) (rate(${source.requests}${selectorFor(service)}[${window}]))`;
}

export function quantileQuery(
  source: RedSource,
  service: string | null,
  window: string,
  quantile: number,
  by: string[],
): string {
  const buckets = `rate(${source.duration}_bucket${selectorFor(service)}[${window}])`;
  return `histogram_quantile(${quantile}, sum by (${[...by, 'le'].join(', ')}) (${buckets}))`;
}

export type StatusClass = '2xx' | '3xx' | '4xx' | '5xx' | 'other';
export const statusClasses: StatusClass[] = ['2xx', '3xx', '4xx', '5xx', 'other'];

/** The class of the HTTP status that a series carries, under whichever label. */
export function statusClassOf(labels: LabelSet): StatusClass {
  const name = statusLabels.find((label) => labels[label]);
  const status = name ? labels[name]! : '';
  const match = /^([2-5])(\d\d|xx)$/i.exec(status);
  if (match) return `${match[1]}xx` as StatusClass;
  return /^(error|fail(ed|ure)?)$/i.test(status) ? '5xx' : 'other';
}

export function isError(labels: LabelSet): boolean {
  return statusClassOf(labels) === '5xx';
}

/** What stands for requests that carry no route. */
export const noRoute = '(no route)';

export function routeOf(labels: LabelSet): string {
  const name = routeLabels.find((label) => labels[label]);
  return name ? labels[name]! : noRoute;
}
