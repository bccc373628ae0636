// A dashboard shows what the API answers: every query that a panel says it asked is asked again for the
// same moments, and the values in the page are compared with the answer, one by one.
//
//   node test/e2e/web/dashboard_values.mjs BASE_URL UID [SCREENSHOT_DIR]
//
// Needs: `npm ci` in web/ (for playwright-core), Chromium at $CHROMIUM or /usr/bin/chromium, and data
// behind the dashboard. Exits 0 when all values agree and no panel failed. Only panels that
// show the answer itself, or its last value, are compared; the others are counted.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(fileURLToPath(new URL('../../../web/package.json', import.meta.url)));
const { chromium } = require('playwright-core');

const [base, uid, pictures] = process.argv.slice(2);
if (!base || !uid) {
  console.error('usage: node test/e2e/web/dashboard_values.mjs BASE_URL UID [SCREENSHOT_DIR]');
  process.exit(2);
}

const problems = [];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const page = await browser.newPage({ viewport: { width: 1440, height: 2400 } });
page.on('pageerror', (error) => problems.push(`the page threw: ${error.message}`));

const { dashboard } = await (await fetch(`${base}/api/dashboards/uid/${encodeURIComponent(uid)}`)).json();
const given = (dashboard.panels ?? []).flatMap((panel) => [panel, ...(panel.panels ?? [])]);
/** Panels that show what they are answered, or the last value of it. */
const isPlain = (panel) => {
  const { calcs = [], values = false } = panel.options?.reduceOptions ?? {};
  return !panel.transformations?.length && !values && (calcs.length === 0 || (calcs.length === 1 && calcs[0] === 'lastNotNull'));
};
const computed = new Set(given.filter((panel) => !isPlain(panel)).map((panel) => String(panel.id)));

// Without refresh, so that the page stands still while it is compared.
await page.goto(`${base}/d/${encodeURIComponent(uid)}?refresh=0`);
await page.waitForSelector('[data-testid="dashboard"] [data-testid="panel"]', { timeout: 20_000 });
await page.waitForFunction(() => [...document.querySelectorAll('[data-testid="panel"]')].every((panel) => panel.dataset.state !== 'loading'), null, { timeout: 20_000 });
await page.waitForTimeout(500);
if (pictures) {
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: `${pictures}/dashboard_${uid}.png` });
}
const panels = await page.$$eval('[data-testid="panel"]', (all) =>
  all.map((panel) => ({
    id: panel.dataset.panelId,
    title: panel.dataset.panelTitle,
    kind: panel.dataset.panelKind,
    state: panel.dataset.state,
    values: panel.querySelector('[data-values]')?.dataset.values ?? '',
  })),
);
await browser.close();

const number = (text) => (text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : text === 'NaN' ? NaN : Number(text));

/** What the API answers to a query of the page: series, each a list of [seconds, number]. */
async function ask(query) {
  const prefix = query.api === 'loki' ? '/loki/api/v1' : '/api/v1';
  const at = (seconds) => (query.api === 'loki' ? String(Math.floor(seconds * 1000)) + '000000' : String(seconds));
  const params = new URLSearchParams({ query: query.expr });
  if (query.instant) params.set('time', at(query.end));
  else for (const [key, value] of [['start', at(query.start)], ['end', at(query.end)], ['step', String(query.step)]]) params.set(key, value);
  const response = await fetch(`${base}${prefix}/${query.instant ? 'query' : 'query_range'}?${params}`);
  const body = await response.json();
  assert.equal(body.status, 'success', `${query.expr}: ${body.error}`);
  return body.data.result.map(({ values, value }) => (values ?? [value]).map(([seconds, text]) => [seconds, number(text)]));
}

/** NaN is a gap in the page. */
const drawn = (points) => points.map(([seconds, value]) => [seconds, Number.isNaN(value) ? null : value]);
const written = (points) => points.map(([seconds, value]) => [seconds, value === null ? null : number(value)]);

let compared = 0;
let left = 0;
for (const panel of panels) {
  if (panel.state === 'error') problems.push(`${panel.title}: has an error`);
  if (panel.values === '') continue;
  const shown = JSON.parse(panel.values);
  if (computed.has(panel.id) || !['timeseries', 'stat', 'gauge', 'bargauge'].includes(shown.kind)) {
    ++left;
    continue;
  }
  const answers = (await Promise.all(shown.queries.map(ask))).flat();
  try {
    if (shown.kind === 'timeseries') {
      assert.equal(shown.series.length, answers.length, 'the number of series');
      shown.series.forEach(({ name, points }, i) => assert.deepEqual(written(points), drawn(answers[i].slice(-points.length)), name));
      compared += shown.series.reduce((sum, { points }) => sum + points.length, 0);
    } else {
      assert.equal(shown.values.length, answers.length, 'the number of values');
      const last = (points) => points.map(([, value]) => value).filter((value) => !Number.isNaN(value)).at(-1) ?? null;
      shown.values.forEach(({ name, value, text }, i) => {
        assert.equal(value === null ? null : number(value), last(answers[i]), name);
        assert.notEqual(text, '', `${name} has no text`);
      });
      compared += shown.values.length;
    }
    console.log(`ok    ${panel.title}`);
  } catch (error) {
    problems.push(`${panel.title}: ${error.message}`);
  }
}
console.log(`${panels.length} panels, ${compared} values agree with the API, ${left} panels are not compared`);
if (compared === 0) problems.push('nothing could be compared');
for (const problem of problems) console.error(`WRONG ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
