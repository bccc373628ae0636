// Walks the pages in a real browser as a person would: Services → a service → Metrics → a trace → its
// logs → back to the trace by the id in a line. It asserts on values, and works on real data.
//
//   node test/e2e/web/walk.mjs BASE_URL [SCREENSHOT_DIR]
//
// Needs: `npm ci` in web/ (for playwright-core), Chromium at $CHROMIUM or /usr/bin/chromium, and an
// application under load behind BASE_URL. Exits 0 when every step holds.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(fileURLToPath(new URL('../../../web/package.json', import.meta.url)));
const { chromium } = require('playwright-core');

const [base, pictures] = process.argv.slice(2);
if (!base) {
  console.error('usage: node test/e2e/web/walk.mjs BASE_URL [SCREENSHOT_DIR]');
  process.exit(2);
}
const timeout = 30_000;
const browserArgs = [
  '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

const problems = [];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: browserArgs });
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
const page = await context.newPage();
page.setDefaultTimeout(timeout);
page.on('pageerror', (error) => problems.push(`the page threw: ${error.message}`));
page.on('request', (request) => {
  const url = new URL(request.url());
  if (/^(https?|wss?):$/.test(url.protocol) && url.host !== new URL(base).host) problems.push(`a request left for ${url.host}`);
});

let count = 0;
async function step(name, run) {
  const started = Date.now();
  try {
    const value = await run();
    count += 1;
    if (pictures) {
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: `${pictures}/${String(count).padStart(2, '0')}.png` });
    }
    console.log(`ok ${count} - ${name}${value === undefined ? '' : ` (${value})`} [${Date.now() - started} ms]`);
  } catch (error) {
    if (pictures) await page.screenshot({ path: `${pictures}/failed.png` }).catch(() => {});
    console.error(`not ok ${count + 1} - ${name}\n  at ${page.url()}\n  ${error.message}`);
    await browser.close();
    process.exit(1);
  }
}

/** Asks until the check holds; what it returned last is the reason when it never does. */
async function until(read, check, what) {
  const end = Date.now() + timeout;
  let value;
  do {
    value = await read();
    if (check(value)) return value;
    await page.waitForTimeout(250);
  } while (Date.now() < end);
  throw new Error(`${what}; last seen: ${JSON.stringify(value)}`);
}

/** The number behind what an element shows; NaN while it shows none. */
async function numberOf(locator) {
  const text = (await locator.count()) > 0 ? await locator.first().getAttribute('data-value') : '';
  return text === null || text === '' ? NaN : Number(text);
}

const byId = (id) => page.getByTestId(id);
const path = () => new URL(page.url()).pathname;
let service = '';
let traceId = '';
let spanCount = 0;

await step('Services lists a service with requests', async () => {
  await page.goto(`${base}/`);
  await byId('services').waitFor();
  const rows = byId('services').locator('tr[data-service]');
  const live = async () => {
    for (const row of await rows.all()) {
      const rate = await numberOf(row.getByTestId('rate'));
      if (rate > 0 && (await row.getByRole('link', { name: 'Traces' }).count()) > 0) {
        return { name: await row.getAttribute('data-service'), rate };
      }
    }
    return null;
  };
  const found = await until(live, (row) => row !== null, 'no service has a rate above zero and traces');
  service = found.name;
  return `${service} at ${found.rate.toFixed(2)} req/s`;
});

await step('the numbers are live', async () => {
  const row = byId('services').locator(`tr[data-service="${service}"]`);
  const p95 = await numberOf(row.getByTestId('p95'));
  assert.ok(p95 > 0 && p95 < 600, `p95 of ${service} is ${p95} s`);
  const answer = page.waitForResponse((response) => response.url().includes('/api/v1/query_range') && response.ok());
  await page.getByRole('button', { name: 'Refresh now' }).click();
  await answer;
  return `p95 ${p95.toFixed(4)} s`;
});

await step('a click opens the service with its three charts', async () => {
  await byId('services').locator(`tr[data-service="${service}"]`).getByRole('link', { name: service, exact: true }).click();
  await page.waitForURL(`**/services/${encodeURIComponent(service)}*`);
  const rate = await until(() => numberOf(byId('now-rate')), (value) => value > 0, 'the rate stays empty');
  await until(() => page.locator('figure canvas').count(), (charts) => charts === 3, 'the charts are not drawn');
  return `${rate.toFixed(2)} req/s`;
});

await step('"Query" opens the PromQL behind a chart, with series', async () => {
  await page.getByTitle('Open the query in Metrics').first().click();
  await page.waitForURL('**/graph?*');
  // The editor comes a moment after its page.
  await until(() => byId('query-editor').first().innerText(), (text) => /rate/.test(text), 'the query is not in the editor');
  const series = await until(() => numberOf(byId('series-count')), (value) => value > 0, 'the query gives no series');
  await page.locator('figure canvas').first().waitFor();
  return `${series} series`;
});

await step('the table shows the value of a query typed by hand', async () => {
  await page.getByText('Table', { exact: true }).click();
  const editor = byId('query-editor').first().locator('[contenteditable="true"], textarea');
  await editor.click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.insertText('vector(6) * 7');
  await page.keyboard.press('Enter');
  const hasValue = () => byId('values').locator('tbody td').last().innerText().catch(() => '');
  const isReal = await page.evaluate(() => fetch('/api/v1/status/buildinfo').then((r) => r.ok && r.headers.get('content-type')?.includes('json'), () => false));
  if (isReal) await until(hasValue, (text) => text === '42', 'vector(6) * 7 is not 42');
  return isReal ? '42' : 'the mock does not calculate';
});

await step('a broken query shows its error at its place', async () => {
  const editor = byId('query-editor').first().locator('[contenteditable="true"], textarea');
  await editor.click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.insertText('sum(rate(http_requests_total[1m])');
  await page.keyboard.press('Enter');
  const text = await byId('query-error').innerText();
  assert.match(text, /paren|expected|unclosed/i);
  return text.split('\n')[0];
});

await step('Traces finds traces of the service', async () => {
  await page.goto(`${base}/services/${encodeURIComponent(service)}`);
  await page.getByRole('button', { name: 'Traces', exact: true }).click();
  await page.waitForURL('**/traces?*');
  const traces = await until(() => numberOf(byId('trace-count')), (value) => value > 0, 'no trace of the service');
  return `${traces} traces`;
});

await step('Traces without a service finds those of all', async () => {
  const all = await context.newPage();
  await all.goto(`${base}/traces?limit=200`);
  const count = all.getByTestId('trace-count');
  const found = await until(() => numberOf(count), (value) => value > 0, 'no trace of any service');
  await all.getByRole('switch', { name: 'Errors only' }).click();
  await all.waitForURL('**/traces?*errors=1*');
  const isFailed = () => all.getByTestId('traces').locator('li').evaluateAll((rows) => rows.length > 0 && rows.every((row) => Number(row.dataset.errors) > 0));
  await until(isFailed, (value) => value, 'a trace without an error, or none');
  await all.close();
  return `${found} traces`;
});

await step('a trace with a line of log opens as a waterfall', async () => {
  const ids = await byId('traces').locator('a[data-trace]').evaluateAll((links) => links.map((link) => link.dataset.trace));
  traceId = (await firstWithLogs(ids.slice(0, 40))) ?? ids[0];
  await byId('traces').locator(`a[data-trace="${traceId}"]`).click();
  await page.waitForURL(`**/trace/${traceId}*`);
  spanCount = await until(() => numberOf(byId('span-count')), (value) => value >= 1, 'the trace has no span');
  const rows = await byId('span-row').count();
  assert.ok(rows >= 1, 'the waterfall has no row');
  assert.ok((await numberOf(byId('trace-duration'))) > 0, 'the trace has no duration');
  return `${traceId}, ${spanCount} spans`;
});

/** Spans may be sampled where nothing was logged: take a trace that the logs know. */
async function firstWithLogs(ids) {
  for (const id of ids) {
    const now = Date.now();
    const query = new URLSearchParams({ query: `{service_name=~".+"} |= "${id}"`, start: `${now - 3600_000}000000`, end: `${now}000000`, limit: '1' });
    const response = await context.request.get(`${base}/loki/api/v1/query_range?${query}`);
    if (response.ok() && (await response.json()).data.result.length > 0) return id;
  }
  return null;
}

await step('a span opens to its tags, by keyboard', async () => {
  await byId('span-row').first().focus();
  await page.keyboard.press('Enter');
  const detail = byId('span-detail');
  await detail.waitFor();
  assert.match(await detail.innerText(), /Span id/);
  assert.match(page.url(), /span=/);
});

await step('"Logs of this trace" shows lines with its id', async () => {
  await byId('logs-of-trace').click();
  await page.waitForURL('**/logs?*');
  await byId('log-line').first().waitFor();
  const lines = await numberOf(byId('line-count'));
  assert.ok(lines >= 1, 'no line');
  const text = await byId('log-line').first().innerText();
  assert.ok(text.toLowerCase().includes(traceId), `the line does not hold ${traceId}: ${text}`);
  return `${lines} lines`;
});

await step('a line opens to its fields', async () => {
  await byId('log-line').first().getByRole('button').first().click({ position: { x: 12, y: 12 } });
  const text = await byId('log-line').first().innerText();
  assert.match(text, /service_name/);
  assert.ok(text.includes('Labels'));
});

await step('the id in the line leads back to the same trace', async () => {
  await byId('log-line').first().locator(`a[data-trace="${traceId}"]`).first().click();
  await page.waitForURL(`**/trace/${traceId}*`);
  const spans = await until(() => numberOf(byId('span-count')), (value) => value >= 1, 'the trace is gone');
  assert.ok(spans >= spanCount, `it had ${spanCount} spans, now ${spans}`);
});

await step('back and reload keep the view', async () => {
  await page.goBack();
  await byId('log-line').first().waitFor();
  const before = page.url();
  await page.reload();
  await byId('log-line').first().waitFor();
  assert.equal(page.url(), before);
  assert.equal(path(), '/logs');
});

await step('Targets shows what is scraped, and its state', async () => {
  await page.getByRole('link', { name: 'Targets', exact: true }).click();
  await page.waitForURL('**/targets*');
  const rows = byId('targets').locator('tr[data-health]');
  await rows.first().waitFor();
  const shown = await rows.evaluateAll((list) => list.map((row) => `${row.dataset.health} ${row.querySelector('a')?.href}`));
  const answer = await (await context.request.get(`${base}/api/v1/targets`)).json();
  const told = answer.data.activeTargets.map((target) => `${target.health} ${target.scrapeUrl}`);
  assert.deepEqual(shown.toSorted(), told.toSorted());
  const first = await rows.first().getAttribute('data-health');
  assert.match(await rows.first().innerText(), new RegExp(first, 'i'));
  await page.getByLabel('Filter targets').fill(`job="${service}"`);
  await page.waitForURL('**/targets?*filter=*');
  await until(() => rows.count(), (count) => count < told.length || told.length === 1, 'the filter keeps all targets');
  return `${told.length} targets`;
});

/** The JSON of an API; null where the server has no such endpoint. */
async function apiOf(to) {
  const response = await context.request.get(`${base}${to}`);
  return response.ok() ? response.json() : null;
}

await step('Alerts shows what fires, as the API says', async () => {
  await page.getByRole('link', { name: /^Alerts/ }).first().click();
  await page.waitForURL('**/alerts*');
  const told = await apiOf('/api/v1/alerts');
  if (!told) {
    await page.getByText('This server evaluates no rules').waitFor();
    return 'no rules on this server';
  }
  const delivered = (await apiOf('/alertmanager/api/v2/alerts')) ?? [];
  const firing = told.data.alerts.filter((alert) => alert.state === 'firing').map((alert) => alert.labels.alertname);
  const names = new Set([...firing, ...delivered.map((alert) => alert.labels.alertname)]);
  const shown = () => page.locator('li[data-alert]').evaluateAll((rows) => rows.map((row) => row.querySelector('a').innerText));
  await until(shown, (list) => [...names].every((name) => list.includes(name)), `not all of ${[...names].join(', ')} are shown`);
  return `${firing.length} firing`;
});

await step('an alert opens to its graph, its traces and its lines', async () => {
  const rows = page.getByTestId('alerts-firing').locator('li[data-alert]');
  if ((await rows.count()) === 0) return 'none fires';
  await rows.first().getByRole('link').first().click();
  await page.waitForURL('**/alerts?*alert=*');
  const detail = page.getByTestId('alert-detail');
  await detail.waitFor();
  const key = new URL(page.url()).searchParams.get('alert');
  assert.match(key, /^[0-9a-f]{16}$/);
  await page.reload();
  await detail.waitFor();
  await page.getByTestId('alert-traces').click();
  await page.waitForURL('**/traces?*from=*');
  await page.goBack();
  await page.getByTestId('alert-logs').click();
  await page.waitForURL('**/logs?*from=*');
  return key;
});

await step('from a firing alert on the first page to the span that failed', async () => {
  await page.goto(`${base}/`);
  await page.getByTestId('firing').waitFor({ timeout: 5_000 }).catch(() => {});
  const cause = page.locator('[data-testid="firing"] [data-cause]').first();
  if (!(await cause.waitFor({ timeout: 5_000 }).then(() => true, () => false))) return 'nothing fires that has failed traces';
  const words = await cause.innerText();
  await cause.click();
  await page.waitForURL('**/trace/*');
  const failed = page.getByTestId('span-row').filter({ hasText: words.split(':')[0] });
  await failed.first().waitFor();
  return words;
});

await step('SLOs shows each budget, as the API says', async () => {
  await page.goto(`${base}/slos`);
  const told = await apiOf('/pharos/api/v1/slos');
  if (!told) {
    await page.getByText('This server keeps no SLOs').waitFor();
    return 'no SLOs on this server';
  }
  const cards = page.locator('section[data-slo]');
  await until(() => cards.count(), (count) => count === told.data.length, `not ${told.data.length} SLOs`);
  for (const slo of told.data.filter((entry) => entry.error === '' && entry.budgetRemaining !== null)) {
    const budget = await numberOf(page.locator(`section[data-slo="${slo.name}"]`).getByTestId('budget'));
    assert.ok(Math.abs(budget - slo.budgetRemaining) < 0.05, `${slo.name}: the page says ${budget}, the API ${slo.budgetRemaining}`);
  }
  return `${told.data.length} SLOs`;
});

await step('the addresses of Alertmanager lead to our pages', async () => {
  const other = await context.newPage();
  for (const [hash, to] of [['#/alerts', '/alerts'], ['#/silences', '/silences']]) {
    await other.goto('about:blank');
    await other.goto(`${base}/${hash}`);
    await other.waitForURL(`**${to}`);
  }
  await other.close();
});

await step('dark mode is kept over a reload', async () => {
  await page.getByRole('button', { name: 'Switch to dark' }).click();
  await page.reload();
  const scheme = await page.evaluate(() => document.documentElement.dataset.mantineColorScheme);
  assert.equal(scheme, 'dark');
});

await step('nothing is wider than a phone', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  for (const to of ['/', `/services/${encodeURIComponent(service)}`, '/graph', '/logs', '/traces', '/targets', '/alerts', '/silences', '/slos', `/trace/${traceId}`]) {
    await page.goto(base + to);
    await page.locator('.page').waitFor();
    await page.waitForTimeout(600);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(over <= 0, `${to} is ${over} px too wide`);
  }
});

await step('no page threw, and no request left the server', async () => {
  assert.deepEqual(problems, []);
});

await browser.close();
console.log(`${count} steps passed`);
