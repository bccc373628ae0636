// GET /loki/api/v1/query_range: log lines, or the matrix of a metric query over logs.
import { ApiError, getJson } from '../client';
import type { LabelSet } from '../prometheus/envelope';
import type { SamplePair } from '../prometheus/query';
import type { TimeWindow } from '../../time_range';

/** [unix nanoseconds as text, line, what else belongs to the entry]. */
export type LogValue = [string, string] | [string, string, unknown];

export interface LogStream {
  stream: LabelSet;
  values: LogValue[];
}

export type LogQueryData =
  | { resultType: 'streams'; result: LogStream[] }
  | { resultType: 'matrix'; result: { metric: LabelSet; values: SamplePair[] }[] }
  | { resultType: 'vector'; result: { metric: LabelSet; value: SamplePair }[] }
  | { resultType: 'scalar'; result: SamplePair };

export interface LogQueryResponse {
  status: string;
  data: LogQueryData;
}

export interface LogQuery {
  query: string;
  window: TimeWindow;
  limit?: number;
  stepSeconds?: number;
}

export async function logQueryRange(request: LogQuery, signal?: AbortSignal): Promise<LogQueryData> {
  const params = {
    query: request.query,
    start: toNanos(request.window.fromMs),
    end: toNanos(request.window.toMs),
    limit: request.limit,
    step: request.stepSeconds,
    direction: 'backward',
  };
  const response = await getJson<LogQueryResponse>('/loki/api/v1/query_range', params, signal);
  if (response.status !== 'success' || !response.data) {
    throw new ApiError('bad_answer', 'The log query gave no result.');
  }
  return response.data;
}

/** Milliseconds as nanoseconds in digits: beyond what a number holds exactly. */
export function toNanos(ms: number): string {
  return `${Math.floor(ms)}000000`;
}
