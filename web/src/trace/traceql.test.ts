import { describe, expect, it } from 'vitest';
import { emptyViews } from '../url_state';
import { durationNanos, traceQlOf } from './traceql';

describe('TraceQL of a search', () => {
  it('asks for any span when nothing is given', () => {
    expect(traceQlOf(emptyViews.traces)).toBe('{  }');
  });

  it('joins what is given', () => {
    const view = { ...emptyViews.traces, minDuration: '1.5ms', maxDuration: '2m30s', errorsOnly: true };
    expect(traceQlOf(view)).toBe('{ duration >= 1500000ns && duration <= 150000000000ns && status = error }');
  });

  it('matches tags as text, and as number where they read as one', () => {
    const tags = 'http.route=/pay user="a \\"b\\"" http.response.status_code=500 a/b=x';
    expect(traceQlOf({ ...emptyViews.traces, tags })).toBe(
      '{ .http.route = "/pay" && .user = "a \\"b\\"" && (.http.response.status_code = 500 || .http.response.status_code = "500") && ."a/b" = "x" }',
    );
    expect(traceQlOf({ ...emptyViews.traces, tags: 'error=true' })).toBe('{ status = error }');
  });

  it('reads durations', () => {
    expect([durationNanos('100us'), durationNanos('1h'), durationNanos('7'), durationNanos('')]).toEqual([100e3, 3600e9, null, null]);
  });
});
