import { describe, expect, it } from 'vitest';
import type { Silence } from '../api/alertmanager/silences';
import { arrangeSilences, draftFault, draftOf, endsAtMs, toSilence, type SilenceDraft } from './silence_draft';

const draft: SilenceDraft = { matchers: [{ name: 'alertname', value: 'A', isRegex: false }], duration: '2h', comment: ' deploy ', creator: 'ana', base: null };

describe('silence draft', () => {
  it('says the first thing that is wrong', () => {
    expect(draftFault(draft)).toBe('');
    expect(draftFault({ ...draft, matchers: [] })).toMatch(/matcher/);
    expect(draftFault({ ...draft, duration: 'soon' })).toMatch(/30m/);
    expect(draftFault({ ...draft, duration: '0s' })).toMatch(/30m/);
    expect(draftFault({ ...draft, creator: ' ' })).toMatch(/who/);
    expect(draftFault({ ...draft, comment: '' })).toMatch(/why/);
  });

  it('is sent as Alertmanager takes it', () => {
    expect(toSilence(draft, 0)).toEqual({
      matchers: [{ name: 'alertname', value: 'A', isRegex: false, isEqual: true }],
      startsAt: '1970-01-01T00:00:00.000Z',
      endsAt: '1970-01-01T02:00:00.000Z',
      comment: 'deploy',
      createdBy: 'ana',
    });
    expect(endsAtMs({ duration: 'x' }, 0)).toBeNull();
  });

  it('changes a silence under its id, from when it began', () => {
    const silence: Silence = { id: 'x', matchers: draft.matchers, startsAt: '1970-01-01T00:00:00.000Z', endsAt: '1970-01-01T03:30:10.000Z', updatedAt: '', comment: 'c', createdBy: 'ana', status: { state: 'active' } };
    const made = draftOf(silence, 3_600_000);
    expect(made).toMatchObject({ duration: '150m', comment: 'c', creator: 'ana' });
    expect(toSilence({ ...made, duration: '1h' }, 3_600_000)).toMatchObject({ id: 'x', startsAt: silence.startsAt, endsAt: '1970-01-01T02:00:00.000Z' });
  });

  it('arranges by state and end', () => {
    const silence = (id: string, state: Silence['status']['state'], endsAt: string) => ({ id, status: { state }, endsAt }) as Silence;
    const silences = [silence('e1', 'expired', '2026-01-01T01:00:00Z'), silence('p', 'pending', '2026-01-02T00:00:00Z'), silence('a2', 'active', '2026-01-01T05:00:00Z'), silence('e2', 'expired', '2026-01-01T02:00:00Z'), silence('a1', 'active', '2026-01-01T04:00:00Z')];
    expect(arrangeSilences(silences, 'current').map(({ id }) => id)).toEqual(['a1', 'a2', 'p']);
    expect(arrangeSilences(silences, 'expired').map(({ id }) => id)).toEqual(['e2', 'e1']);
  });
});
