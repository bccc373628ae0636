import { describe, expect, it } from 'vitest';
import { fixed, formatValue } from './units';

describe('units', () => {
  it.each<[number, string, string]>([
    [12.3456, 'reqps', '12.3 req/s'],
    [1234, 'reqps', '1.23K req/s'],
    [0, 'reqps', '0 req/s'],
    [4.5678, 'percent', '4.57%'],
    [0.0123, 'percentunit', '1.23%'],
    [0.25, 's', '250 ms'],
    [0.000012, 's', '12 µs'],
    [90, 's', '1.5 min'],
    [7200, 's', '2 h'],
    [172800, 's', '2 days'],
    [1500, 'ms', '1.5 s'],
    [1536, 'bytes', '1.5 KiB'],
    [1500, 'decbytes', '1.5 kB'],
    [2 * 1024 ** 3, 'bytes', '2 GiB'],
    [2e6, 'bps', '2 Mb/s'],
    [2048, 'binBps', '2 KiB/s'],
    [2000, 'Bps', '2 kB/s'],
    [512, 'mbytes', '512 MiB'],
    [12345, 'short', '12.3 K'],
    [3e9, 'short', '3 Bil'],
    [12345, 'none', '12345'],
    [12345.678, 'none', '12346'],
    [2.5, 'ops', '2.5 ops/s'],
    [1, 'bool_yes_no', 'Yes'],
    [0, 'bool', 'False'],
    [2e9, 'hertz', '2 GHz'],
    [21.5, 'celsius', '21.5°C'],
    [3661, 'dtdurations', '1 hour, 1 minute'],
    [3661, 'dthms', '01:01:01'],
    [255, 'hex', 'FF'],
    [1234567, 'locale', '1,234,567'],
    [3, 'err/s', '3 err/s'],
    [3, 'suffix:pods', '3 pods'],
    [3, 'prefix:#', '#3'],
    [2500, 'currencyUSD', '$2.5K'],
    [1500, 'si:m', '1.5 km'],
    [1, '', '1'],
    [NaN, 's', 'NaN'],
    [Infinity, 'reqps', '+∞ req/s'],
    [3, 'constructor', '3 constructor'],
  ])('%d %s', (value, unit, want) => expect(formatValue(value, unit)).toBe(want));

  it('keeps the digits that are asked for', () => {
    expect(formatValue(12.3456, 'reqps', 0)).toBe('12 req/s');
    expect(formatValue(0.25, 's', 2)).toBe('250.00 ms');
    expect(formatValue(-0.001, 'none', 1)).toBe('0.0');
  });
  it('keeps three digits otherwise', () => {
    expect([0.0123456, 1.2345, 123.45, 99.96, 1e-9].map((value) => fixed(value, undefined))).toEqual(['0.0123', '1.23', '123', '100', '1.00e-9']);
  });
});
