import { describe, expect, it } from 'vitest';
import { buildUrl, messageOf, toStatusError } from './client';

describe('client', () => {
  it('builds addresses, leaving out what is not set', () => {
    expect(buildUrl('/x')).toBe('/x');
    expect(buildUrl('/x', { q: 'a&b', empty: '', none: undefined, 'match[]': ['up', 'b'] })).toBe(
      '/x?q=a%26b&match%5B%5D=up&match%5B%5D=b',
    );
  });

  it('finds the sentence in the error of each API', () => {
    expect(messageOf('{"status":"error","errorType":"bad_data","error":"1:3: parse error"}')).toBe('1:3: parse error');
    expect(messageOf('{"data":null,"errors":[{"code":404,"msg":"trace not found"}]}')).toBe('trace not found');
    expect(messageOf('parse error at line 1, col 2: syntax error\n')).toBe('parse error at line 1, col 2: syntax error');
    expect(messageOf('<html>gateway</html>')).toBe('');
    expect(messageOf('{broken')).toBe('');
  });

  it('sorts statuses into kinds', () => {
    expect([400, 404, 403, 503].map((status) => toStatusError(status, '').kind)).toEqual([
      'bad_request', 'not_found', 'refused', 'server',
    ]);
    expect(toStatusError(500, '').message).toContain('500');
  });
});
