// /alertmanager/api/v2/silences: read them, make one, end one.
import { ApiError, getJson, sendJson } from '../client';

export interface SilenceMatcher {
  name: string;
  value: string;
  isRegex: boolean;
  /** Left out by old servers: then it is true. */
  isEqual?: boolean;
}

export interface NewSilence {
  /** Of the silence that this one changes. */
  id?: string;
  matchers: SilenceMatcher[];
  /** RFC 3339. */
  startsAt: string;
  endsAt: string;
  createdBy: string;
  comment: string;
}

export interface Silence extends NewSilence {
  id: string;
  updatedAt: string;
  status: { state: 'active' | 'pending' | 'expired' };
}

const path = '/alertmanager/api/v2';

export function listSilences(signal?: AbortSignal): Promise<Silence[]> {
  return getJson<Silence[]>(`${path}/silences`, {}, signal);
}

/** The id of the silence that was made; a change of matchers makes another one. */
export async function createSilence(silence: NewSilence): Promise<string> {
  const answer = await sendJson<{ silenceID: string }>('POST', `${path}/silences`, silence);
  if (!answer?.silenceID) throw new ApiError('bad_answer', 'The silence was sent, but no id came back. Look whether it is in the list.');
  return answer.silenceID;
}

export async function expireSilence(id: string): Promise<void> {
  await sendJson('DELETE', `${path}/silence/${encodeURIComponent(id)}`);
}
