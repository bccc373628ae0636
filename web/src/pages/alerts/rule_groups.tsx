// All rules of one kind by group: state, health, when they were last evaluated, and their errors.
import { useState } from 'react';
import { SeverityBadge, StateDot } from '../../alerts/alert_badges';
import { severityOf, timeOf } from '../../alerts/alert_rows';
import { durationWords } from '../../alerts/duration_words';
import type { Rule, RuleGroup } from '../../api/prometheus/rules';
import { CopyBlock } from '../../components/copy_block';
import { useClock } from '../../clock';
import { formatAgo, formatSeconds, plural } from '../../format';
import { ChevronDownIcon, ChevronRightIcon, MetricsIcon } from '../../icons';
import { ViewLink } from '../../navigation';
import { durationText } from '../../time_range';
import { emptyViews } from '../../url_state';
import styles from './rule_groups.module.css';

/** More groups than this are searched for, not read. */
const mostGroups = 100;

export function RuleGroups({ groups, type }: { groups: RuleGroup[]; type: Rule['type'] }) {
  const count = groups.reduce((sum, group) => sum + group.rules.length, 0);
  const broken = groups.reduce((sum, group) => sum + group.rules.filter((rule) => rule.health === 'err').length, 0);
  return (
    <section className="panel" data-testid={`rules-${type}`}>
      <div className="panel-head">
        {type === 'alerting' ? 'All alerting rules' : 'Recording rules'} <span className="faint num">{count}</span>
        {broken > 0 && <span className="error-text">{plural(broken, 'rule')} cannot be evaluated</span>}
      </div>
      {groups.slice(0, mostGroups).map((group) => (
        <Group key={`${group.file}\n${group.name}`} group={group} />
      ))}
      {groups.length > mostGroups && <p className={`faint ${styles.more}`}>The first {mostGroups} groups are shown; the filter finds the others.</p>}
    </section>
  );
}

function Group({ group }: { group: RuleGroup }) {
  const { askedMs } = useClock();
  const evaluated = timeOf(group.lastEvaluation);
  return (
    <div className={styles.group}>
      <div className={styles.head}>
        <span className={styles.title}>{group.name}</span>
        <span className={`faint truncate ${styles.file}`} title={group.file}>
          {group.file}
        </span>
        <span className="grow" />
        <span className="faint num">
          every {durationText(group.interval * 1000)}
          {evaluated !== null && ` · ${formatAgo(evaluated, askedMs)}`}
          {group.evaluationTime !== undefined && ` · took ${formatSeconds(group.evaluationTime)}`}
        </span>
      </div>
      <ul className={styles.list}>
        {group.rules.map((rule, i) => (
          <RuleItem key={`${rule.name} ${i}`} rule={rule} />
        ))}
      </ul>
    </div>
  );
}

function RuleItem({ rule }: { rule: Rule }) {
  const [isOpen, setIsOpen] = useState(false);
  const { askedMs } = useClock();
  const evaluated = timeOf(rule.lastEvaluation);
  const severity = rule.type === 'alerting' ? (rule.labels?.severity ?? '') : '';
  const state = rule.health === 'err' ? 'err' : rule.type === 'alerting' ? rule.state : rule.health;
  return (
    <li data-rule={rule.name}>
      <button type="button" className={styles.row} aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
        <span className={styles.chevron}>{isOpen ? <ChevronDownIcon size={14} /> : <ChevronRightIcon size={14} />}</span>
        <StateDot state={state} />
        <span className={styles.name}>
          {rule.name} {severity !== '' && <SeverityBadge severity={severityOf(severity)} text={severity} />}
        </span>
        <span className={`code truncate ${styles.query}`}>{rule.query.replace(/\s+/g, ' ')}</span>
        <span className={`num faint ${styles.when}`}>{evaluated === null ? 'not evaluated yet' : formatAgo(evaluated, askedMs)}</span>
      </button>
      {rule.lastError && <div className={`error-text ${styles.error}`}>{rule.lastError}</div>}
      {isOpen && (
        <div className={styles.detail}>
          <CopyBlock text={rule.query.trim()} />
          <div className={styles.facts}>
            {rule.type === 'alerting' && <span>{rule.duration > 0 ? `for ${durationWords(rule.duration * 1000)}` : 'fires at once'}</span>}
            <span>evaluation took {formatSeconds(rule.evaluationTime)}</span>
            {Object.entries(rule.labels ?? {}).map(([name, value]) => (
              <span key={name} className="code">
                {name}=&quot;{value}&quot;
              </span>
            ))}
            <ViewLink to={{ ...emptyViews.metrics, queries: [rule.type === 'recording' ? rule.name : rule.query] }}>
              <MetricsIcon size={13} /> Open in Metrics
            </ViewLink>
          </div>
          {rule.type === 'alerting' && Object.entries(rule.annotations ?? {}).map(([name, text]) => (
            <div key={name} className={styles.annotation}>
              <span className="faint">{name}</span> {text}
            </div>
          ))}
        </div>
      )}
    </li>
  );
}
