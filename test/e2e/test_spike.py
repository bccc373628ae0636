"""What `./dev run` plays for a newcomer: the shop's database fails, an alert fires and reaches the pager, a budget burns, and a trace shows why."""
import json
import unittest

from stack import Stack, get_json, wait_until


class Spike(unittest.TestCase):
    def test_from_the_alert_to_the_cause(self):
        stack = Stack(rate=20, spike='6')
        try:
            def alerts():
                return [a for a in get_json(stack.port(9090), '/api/v1/alerts')['data']['alerts'] if a['labels']['alertname'] == 'ShopErrors' and a['state'] == 'firing']
            alert = wait_until('an alert fires', 90, alerts)[0]
            self.assertEqual(alert['labels']['job'], 'sample-app')
            self.assertRegex(alert['annotations']['summary'], r'^\d+(\.\d+)?% of /\S+ at sample-app fails$')
            def rang():
                answer = get_json(stack.port(3100), '/loki/api/v1/query_range', {'query': '{service_name="sample-app"} |= "pager rang"', 'limit': 100})
                pages = [json.loads(json.loads(line)['notification']) for s in answer['data']['result'] for _, line, *_ in s['values']]
                return [p for p in pages if p['groupLabels']['alertname'] == 'ShopErrors']
            page = wait_until('the pager rings', 30, rang)[0]
            self.assertEqual((page['status'], page['receiver']), ('firing', 'pager'))
            slo = wait_until('the budget burns', 60, lambda: (s := get_json(stack.port(3000), '/pharos/api/v1/slos')['data'][0]) and (s['burnRates']['5m'] or 0) > 14.4 and s)
            self.assertLess(slo['budgetRemaining'], 1)
            found = wait_until('the failing trace', 20, lambda: get_json(stack.port(3200), '/api/search', {'q': '{ name = "SELECT products" && status = error }', 'limit': 1})['traces'])
            trace = get_json(stack.port(16686), '/api/traces/' + found[0]['traceID'])['data'][0]
            failed = next(s for s in trace['spans'] if s['operationName'] == 'SELECT products')
            self.assertIn('Connection refused', json.dumps(failed))
        finally:
            code = stack.close()
        self.assertEqual(code, 0, 'run.sh must stop cleanly on SIGTERM')


if __name__ == '__main__':
    unittest.main(argv=['test_spike'])
