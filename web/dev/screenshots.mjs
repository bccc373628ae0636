// Takes pictures of every page in its states, to be looked at:
//   node dev/screenshots.mjs OUT_DIR [MOCK_PORT] [NAME_FILTER]      (the mock must run)
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { makeTrace, searchTraces } from './mock_traces.mjs';

const [out, port = '3399', filter = ''] = process.argv.slice(2);
if (!out) throw new Error('usage: node dev/screenshots.mjs OUT_DIR [MOCK_PORT] [NAME_FILTER]');
mkdirSync(out, { recursive: true });
const params = new URLSearchParams({ service: 'checkout-api', limit: '20', start: String((Date.now() - 300e3) * 1000), end: String(Date.now() * 1000) });
const traceId = searchTraces(params).find((trace) => trace.spans.length > 8)?.traceID ?? makeTrace(1).traceID;

const pages = {
  services: '/',
  service: '/services/checkout-api',
  metrics: `/graph?q=${encodeURIComponent('sum by (job) (rate(http_requests_total[1m]))')}`,
  metrics_table: `/graph?tab=table&q=${encodeURIComponent('http_requests_total')}`,
  metrics_broken: `/graph?q=${encodeURIComponent('sum(rate(http_requests_total[1m])')}`,
  metrics_start: '/graph',
  logs: `/logs?q=${encodeURIComponent('{service_name=~".+"}')}`,
  logs_start: '/logs',
  traces: '/traces?service=checkout-api&limit=100',
  traces_start: '/traces',
  targets: '/targets',
  alerts: '/alerts',
  alerts_open: `/alerts?alert=${encodeURIComponent('HighErrorRate')}`,
  alerts_burn: `/alerts?alert=${encodeURIComponent('SloBurnsFast')}`,
  alerts_recording: '/alerts?tab=recording',
  silences: '/silences',
  silences_new: `/silences?new=${encodeURIComponent('{alertname="HighErrorRate", job="payment-service"}')}`,
  slos: '/slos',
  dashboards: '/dashboards',
  dashboard_red: '/d/sample-app-red-v1/sample-app-red',
  dashboard_kinds: '/d/kinds/every-kind-of-panel',
  trace: `/trace/${traceId}`,
};
const sizes = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
const modes = ['full', 'empty', 'error', 'slow', 'missing'];

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
for (const [sizeName, viewport] of Object.entries(sizes)) {
  for (const scheme of ['light', 'dark']) {
    const context = await browser.newContext({ viewport, colorScheme: scheme });
    for (const [i, mode] of modes.entries()) {
      for (const [name, path] of Object.entries(pages)) {
        const file = `${name}-${mode}-${sizeName}-${scheme}`;
        if (!new RegExp(filter).test(file)) continue;
        const page = await context.newPage();
        page.on('pageerror', (error) => console.log(file, 'page error', error.message));
        page.on('console', (message) => message.type() === 'error' && mode === 'full' && console.log(file, message.text()));
        await page.goto(`http://127.0.0.1:${Number(port) + i}${path}`);
        await page.waitForTimeout(mode === 'slow' ? 1200 : 1800);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        if (overflow > 0) console.log(file, `is ${overflow} px too wide`);
        await page.screenshot({ path: `${out}/${file}.png` });
        await page.close();
      }
    }
    await context.close();
  }
}
await browser.close();
