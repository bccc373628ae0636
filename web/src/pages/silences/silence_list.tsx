// Silences as rows: whom they concern, until when, and a way to end or repeat them.
import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { StateDot } from '../../alerts/alert_badges';
import { untilWords } from '../../alerts/duration_words';
import { matches, matchersText, matcherText } from '../../alerts/matchers';
import { useAlerts } from '../../alerts/use_alerts';
import { expireSilence, type Silence } from '../../api/alertmanager/silences';
import { useClock } from '../../clock';
import { formatDateTime, plural } from '../../format';
import { goTo, ViewLink } from '../../navigation';
import { emptyViews } from '../../url_state';
import styles from './silence_list.module.css';

/** More rows than this are searched for, not read. */
const mostRows = 300;

export function SilenceList({ silences, nowMs }: { silences: Silence[]; nowMs: number }) {
  return (
    <>
      <ul className={styles.list} data-testid="silences">
        {silences.slice(0, mostRows).map((silence) => (
          <Item key={silence.id} silence={silence} nowMs={nowMs} />
        ))}
      </ul>
      {silences.length > mostRows && <p className={`faint ${styles.more}`}>The first {mostRows} are shown; the filter finds the others.</p>}
    </>
  );
}

function Item({ silence, nowMs }: { silence: Silence; nowMs: number }) {
  const { state } = silence.status;
  const starts = Date.parse(silence.startsAt);
  const ends = Date.parse(silence.endsAt);
  const when = { active: `ends ${untilWords(ends, nowMs)}`, pending: `begins ${untilWords(starts, nowMs)}`, expired: `ended ${untilWords(ends, nowMs)}` }[state];
  const matchers = matchersText(silence.matchers);
  return (
    <li data-silence={silence.id} data-state={state}>
      <span className={styles.state}>
        <StateDot state={state} />
      </span>
      <div className={styles.what}>
        <span className={styles.matchers}>
          {silence.matchers.map((matcher) => (
            <span key={matcherText(matcher)} className={`code ${styles.matcher}`}>
              {matcherText(matcher)}
            </span>
          ))}
        </span>
        <span className={styles.comment}>{silence.comment || <span className="faint">no reason given</span>}</span>
        <span className="faint">
          by {silence.createdBy || 'nobody'} <Holds silence={silence} filter={matchers} />
        </span>
      </div>
      <span className={`num ${styles.when}`} title={`${formatDateTime(starts)} to ${formatDateTime(ends)}`}>
        {when}
      </span>
      <span className={styles.actions}>{state === 'expired' ? <Again matchers={matchers} /> : <Running id={silence.id} matchers={matchers} />}</span>
    </li>
  );
}

/** How many firing alerts it keeps quiet now. */
function Holds({ silence, filter }: { silence: Silence; filter: string }) {
  const { data } = useAlerts();
  if (silence.status.state !== 'active' || !data) return null;
  const held = data.rows.filter((row) => row.state === 'firing' && (row.delivery?.silencedBy.includes(silence.id) || matches(silence.matchers, row.labels)));
  return (
    <>
      · {held.length === 0 ? 'no alert fires under it' : <ViewLink to={{ ...emptyViews.alerts, filter }}>{plural(held.length, 'firing alert')}</ViewLink>}
    </>
  );
}

/** A silence that is not over can be changed and ended. */
function Running({ id, matchers }: { id: string; matchers: string }) {
  const client = useQueryClient();
  const { refreshNow } = useClock();
  const expire = useMutation({
    mutationFn: () => expireSilence(id),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['silences'] });
      refreshNow();
    },
  });
  return (
    <>
      <span className="row">
        <Button size="xs" variant="subtle" onClick={() => goTo({ view: { ...emptyViews.silences, id, draft: matchers } })}>
          Change
        </Button>
        <Button size="xs" variant="default" loading={expire.isPending} onClick={() => expire.mutate()}>
          Expire
        </Button>
      </span>
      {expire.error && (
        <span className="error-text" role="alert">
          {expire.error.message}
        </span>
      )}
    </>
  );
}

function Again({ matchers }: { matchers: string }) {
  return (
    <Button size="xs" variant="subtle" onClick={() => goTo({ view: { ...emptyViews.silences, draft: matchers } })}>
      Again
    </Button>
  );
}
