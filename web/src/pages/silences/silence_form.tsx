// A silence is written: which alerts, for how long, by whom and why.
import { Button, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { matches, matchersText, matcherText, parseMatchers } from '../../alerts/matchers';
import { draftFault, draftOf, endsAtMs, toSilence, type SilenceDraft } from '../../alerts/silence_draft';
import { useAlerts } from '../../alerts/use_alerts';
import { createSilence, type Silence, type SilenceMatcher } from '../../api/alertmanager/silences';
import { formatDateTime, plural } from '../../format';
import { CheckIcon, CloseIcon } from '../../icons';
import { ViewLink } from '../../navigation';
import { useClock } from '../../clock';
import { emptyViews } from '../../url_state';
import styles from './silence_form.module.css';

const durations = ['30m', '1h', '2h', '4h', '8h', '1d', '3d'];
const creatorKey = 'pharos-silence-creator';

interface FormProps {
  matchers: SilenceMatcher[];
  /** The silence that is changed; left out for a new one. */
  base?: Silence | undefined;
  onClose: () => void;
}

export function SilenceForm({ matchers, base, onClose }: FormProps) {
  const [draft, setDraft] = useState<SilenceDraft>(() =>
    base ? draftOf(base, Date.now()) : { matchers, duration: '2h', comment: '', creator: rememberedCreator(), base: null },
  );
  const change = (part: Partial<SilenceDraft>) => setDraft((now) => ({ ...now, ...part }));
  const { refreshNow, askedMs } = useClock();
  const client = useQueryClient();
  const fault = draftFault(draft);
  const send = useMutation({
    mutationFn: () => createSilence(toSilence(draft, Date.now())),
    onSuccess: async () => {
      rememberCreator(draft.creator.trim());
      await client.invalidateQueries({ queryKey: ['silences'] });
      refreshNow();
    },
  });
  if (send.isSuccess) return <Done id={send.data} onClose={onClose} />;
  const ends = endsAtMs(draft, askedMs);
  return (
    <form
      className={styles.form}
      aria-label={base ? 'Change the silence' : 'New silence'}
      onSubmit={(event) => {
        event.preventDefault();
        if (fault === '') send.mutate();
      }}
    >
      <Matchers matchers={draft.matchers} onChange={(next) => change({ matchers: next })} />
      <Reach matchers={draft.matchers} />
      <div className={styles.line}>
        <TextInput
          size="xs"
          label={base ? 'From now, for' : 'For'}
          className={styles.duration}
          value={draft.duration}
          onChange={(event) => change({ duration: event.currentTarget.value })}
        />
        <div className={styles.choices} role="group" aria-label="Durations">
          {durations.map((duration) => (
            <button key={duration} type="button" aria-pressed={duration === draft.duration} onClick={() => change({ duration })}>
              {duration}
            </button>
          ))}
        </div>
        <span className={`faint num ${styles.until}`}>{ends !== null && `until ${formatDateTime(ends).slice(0, 16)}`}</span>
      </div>
      <div className={styles.line}>
        <TextInput size="xs" label="By" className={styles.creator} value={draft.creator} autoComplete="username" onChange={(event) => change({ creator: event.currentTarget.value })} />
        <TextInput
          size="xs"
          label="Why"
          className={styles.comment}
          value={draft.comment}
          placeholder="What is being done about it"
          onChange={(event) => change({ comment: event.currentTarget.value })}
        />
      </div>
      {send.error && (
        <div className="error-text" role="alert">
          The silence was not {base ? 'changed' : 'made'}: {send.error.message}
        </div>
      )}
      <div className={styles.line}>
        <Button type="submit" size="xs" disabled={fault !== ''} loading={send.isPending}>
          {base ? 'Save' : 'Silence'}
        </Button>
        <Button size="xs" variant="subtle" color="gray" onClick={onClose}>
          Cancel
        </Button>
        <span className="faint">{fault}</span>
      </div>
    </form>
  );
}

function Done({ id, onClose }: { id: string; onClose: () => void }) {
  return (
    <div className="row" role="status">
      <CheckIcon style={{ color: 'var(--ok)' }} /> Silenced.
      <ViewLink to={{ ...emptyViews.silences, id }}>See the silence</ViewLink>
      <Button size="compact-xs" variant="subtle" color="gray" onClick={onClose}>
        Close
      </Button>
    </div>
  );
}

interface MatchersProps {
  matchers: SilenceMatcher[];
  onChange: (matchers: SilenceMatcher[]) => void;
}

/** A matcher's text goes back into the field to be changed; its cross takes it away. */
function Matchers({ matchers, onChange }: MatchersProps) {
  const [text, setText] = useState('');
  const typed = parseMatchers(text);
  const isBroken = text.trim() !== '' && (typed === null || typed.length === 0);
  const without = (index: number) => matchers.filter((_, i) => i !== index);
  const add = () => {
    if (!typed || typed.length === 0) return;
    onChange([...matchers, ...typed]);
    setText('');
  };
  return (
    <div className={styles.matchers}>
      <span className={styles.label}>Alerts with</span>
      <div className={styles.chips}>
        {matchers.map((matcher, i) => (
          <span key={`${matcherText(matcher)} ${i}`} className={`code ${styles.chip}`}>
            <button
              type="button"
              title="Change it"
              onClick={() => {
                setText(matcherText(matcher));
                onChange(without(i));
              }}
            >
              {matcherText(matcher)}
            </button>
            <button type="button" aria-label={`Without ${matcherText(matcher)}`} onClick={() => onChange(without(i))}>
              <CloseIcon size={11} />
            </button>
          </span>
        ))}
        <TextInput
          size="xs"
          className={styles.add}
          aria-label="Another matcher"
          placeholder='name="value", then Enter'
          value={text}
          error={isBroken ? 'Write it as name="value", or with =~, !=, !~.' : null}
          onChange={(event) => setText(event.currentTarget.value)}
          onBlur={add}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || text.trim() === '') return;
            event.preventDefault();
            add();
          }}
        />
      </div>
    </div>
  );
}

/** How many of the alerts that fire now it would keep quiet. */
function Reach({ matchers }: { matchers: SilenceMatcher[] }) {
  const { data } = useAlerts();
  if (!data || matchers.length === 0) return null;
  const hit = data.rows.filter((row) => row.state === 'firing' && matches(matchers, row.labels));
  const names = [...new Set(hit.map((row) => row.name))];
  return (
    <div className="faint" title={matchersText(matchers)} data-testid="silence-reach" data-value={hit.length}>
      {hit.length === 0 ? 'None of the alerts that fire now.' : `${plural(hit.length, 'alert')} of those that fire now: ${names.slice(0, 4).join(', ')}${names.length > 4 ? ' …' : ''}`}
    </div>
  );
}

function rememberedCreator(): string {
  try {
    return window.localStorage.getItem(creatorKey) ?? '';
  } catch {
    return '';
  }
}

function rememberCreator(name: string): void {
  try {
    window.localStorage.setItem(creatorKey, name);
  } catch {
    // A browser that keeps nothing asks again.
  }
}
