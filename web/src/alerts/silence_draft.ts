// A silence while it is being written: what is wrong with it, and what is sent.
import type { NewSilence, Silence, SilenceMatcher } from '../api/alertmanager/silences';
import { durationText, parseDurationMs } from '../time_range';
import { faultOf } from './matchers';

export interface SilenceDraft {
  matchers: SilenceMatcher[];
  /** "2h". */
  duration: string;
  comment: string;
  creator: string;
  /** The silence that is changed; null for a new one. */
  base: Silence | null;
}

/** A running silence, to be changed; its duration counts from now. */
export function draftOf(silence: Silence, nowMs: number): SilenceDraft {
  const leftMs = Date.parse(silence.endsAt) - nowMs;
  const minutes = Math.max(1, Math.round(leftMs / 60_000));
  return { matchers: silence.matchers, duration: durationText(minutes * 60_000), comment: silence.comment, creator: silence.createdBy, base: silence };
}

/** The first thing that is wrong; empty when it can be sent. */
export function draftFault(draft: SilenceDraft): string {
  const fault = faultOf(draft.matchers);
  if (fault) return fault;
  if (!parseDurationMs(draft.duration)) return 'Write a duration as 30m, 2h or 1d12h.';
  if (draft.creator.trim() === '') return 'Say who you are.';
  return draft.comment.trim() === '' ? 'Say why, for those who find it.' : '';
}

/** Null where the duration cannot be read. */
export function endsAtMs(draft: Pick<SilenceDraft, 'duration'>, nowMs: number): number | null {
  const ms = parseDurationMs(draft.duration);
  return ms ? nowMs + ms : null;
}

export function toSilence(draft: SilenceDraft, nowMs: number): NewSilence {
  return {
    ...(draft.base ? { id: draft.base.id } : {}),
    matchers: draft.matchers.map((matcher) => ({ ...matcher, isEqual: matcher.isEqual ?? true })),
    startsAt: draft.base?.startsAt ?? new Date(nowMs).toISOString(),
    endsAt: new Date(endsAtMs(draft, nowMs) ?? nowMs).toISOString(),
    comment: draft.comment.trim(),
    createdBy: draft.creator.trim(),
  };
}

const stateOrder = { active: 0, pending: 1, expired: 2 };

/** Active before pending before expired; what ends next stands first, what ended last too. */
export function arrangeSilences(silences: Silence[], state: 'current' | Silence['status']['state']): Silence[] {
  const endOf = (silence: Silence) => Date.parse(silence.endsAt);
  return silences
    .filter((silence) => (state === 'current' ? silence.status.state !== 'expired' : silence.status.state === state))
    .toSorted((a, b) => {
      const inTime = a.status.state === 'expired' ? endOf(b) - endOf(a) : endOf(a) - endOf(b);
      return stateOrder[a.status.state] - stateOrder[b.status.state] || inTime;
    });
}
