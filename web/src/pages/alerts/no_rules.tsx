// What to do while there is no rule.
import { CopyBlock } from '../../components/copy_block';
import { EmptyState } from '../../components/states';
import { BellIcon } from '../../icons';

const examples = {
  alerting: `groups:
  - name: first
    rules:
      - alert: TargetDown
        expr: up == 0
        for: 1m
        labels: {severity: critical}
        annotations: {summary: "{{ $labels.instance }} is down"}`,
  recording: `groups:
  - name: first
    rules:
      - record: job:http_requests:rate5m
        expr: sum by (job) (rate(http_requests_total[5m]))`,
};

export function NoRules({ type }: { type: 'alerting' | 'recording' }) {
  return (
    <EmptyState title={type === 'alerting' ? 'No alerting rules are loaded' : 'No recording rules are loaded'} icon={<BellIcon size={22} />}>
      <p>Write a rule into rules.yml:</p>
      <CopyBlock text={examples[type]} />
      <p>Name the file in prometheus.yml, and start Pharos with it:</p>
      <CopyBlock text={'rule_files: [rules.yml]'} />
      <p />
      <CopyBlock text="pharos serve --config.prometheus prometheus.yml" />
    </EmptyState>
  );
}

export function NoRuleEngine() {
  return (
    <EmptyState title="This server evaluates no rules" icon={<BellIcon size={22} />}>
      It has no /api/v1/rules. Ask the server of your cluster that does, or update this one.
    </EmptyState>
  );
}
