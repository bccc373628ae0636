// Opens every dashboard of a running Pharos or mock, and says what fails to draw:
//   node dev/walk_dashboards.mjs URL [OUT_DIR] [UID_FILTER]      (with OUT_DIR: a picture of each, in full)
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';

const [base, out = '', filter = ''] = process.argv.slice(2);
if (!base) throw new Error('usage: node dev/walk_dashboards.mjs URL [OUT_DIR] [UID_FILTER]');
if (out) mkdirSync(out, { recursive: true });
const hits = await (await fetch(`${base}/api/search?type=dash-db`)).json();
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const width = Number(process.env.WIDTH ?? 1440);
const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: process.env.SCHEME ?? 'light' });
let failures = 0;
for (const { uid, url, title } of hits) {
  if (!new RegExp(filter).test(uid)) continue;
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => message.type() === 'error' && !/Failed to load resource/.test(message.text()) && errors.push(message.text().slice(0, 300)));
  await page.goto(base + url);
  await page.waitForSelector('[data-testid="dashboard"]', { timeout: 15_000 }).catch(() => errors.push('no dashboard after 15 s'));
  await page.waitForTimeout(900);
  // Down the page, so that every panel is seen once.
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  for (let y = 0; y < height; y += 800) {
    await page.evaluate((to) => window.scrollTo(0, to), y);
    await page.waitForTimeout(120);
  }
  await page.waitForTimeout(500);
  const seen = await page.evaluate(() => {
    const panels = [...document.querySelectorAll('[data-testid="panel"]')];
    const states = {};
    for (const panel of panels) states[panel.dataset.state] = (states[panel.dataset.state] ?? 0) + 1;
    const failed = [...document.querySelectorAll('[data-failed]')].map((node) => node.closest('[data-panel-title]')?.dataset.panelTitle);
    const overflow = document.documentElement.scrollWidth - window.innerWidth;
    return { states, failed, overflow, unsupported: document.querySelector('[data-testid="unsupported"]')?.dataset.value ?? '0' };
  });
  if (seen.failed.length > 0) errors.push(`panels that threw: ${seen.failed.join(', ')}`);
  if (seen.overflow > 0) errors.push(`${seen.overflow} px too wide`);
  failures += errors.length;
  console.log(`${title.padEnd(48)} ${JSON.stringify(seen.states)} unsupported ${seen.unsupported}${errors.map((error) => `\n    ${error}`).join('')}`);
  if (out) {
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.screenshot({ path: `${out}/${uid.slice(0, 60)}.png`, fullPage: true });
  }
  await page.close();
}
await browser.close();
console.log(failures === 0 ? 'all are drawn' : `${failures} failures`);
process.exitCode = failures === 0 ? 0 : 1;
