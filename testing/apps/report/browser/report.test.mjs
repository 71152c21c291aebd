import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

const require = createRequire(process.cwd() + '/');
const { chromium } = require('playwright-core');
const axe = require.resolve('axe-core/axe.min.js');
const { ISOLUX_PROGRAM, COHORT_PROGRAM, ISOLUX_SOURCE_DIR, CHROMIUM } = process.env;

const hostile = `<script>document.title='run'<b onclick="x">#1 50%&amp;.nii.gz`;
const data = name => `${ISOLUX_SOURCE_DIR}/data/${name}`;
const harmonize = (input, output, ...options) =>
  execFileSync(ISOLUX_PROGRAM, ['harmonize', input, output, ...options], { stdio: 'ignore' });
let browser;

before(async () => {
  for (const folder of ['in', 'heads', 'odd', 'photos', 'large']) {
    rmSync(folder, { recursive: true, force: true });
  }
  mkdirSync('in');
  copyFileSync(data('series/nibabel_4d.nii.gz'), 'in/series.nii.gz');
  copyFileSync(data('heads/uih770_T1w.nii.gz'), `in/${hostile}`);
  harmonize(data('demo.tsv'), 'heads');
  harmonize('in', 'odd');
  harmonize(data('photos'), 'photos', '--pipeline', data('pipelines/photos.json'));
  mkdirSync('large');
  execFileSync(COHORT_PROGRAM, ['5000', 'large/report.html']);
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync']
  });
});
after(() => browser?.close());

const head = 'heads/report/heads/ixi013_T1w.nii.gz.html';
const odd = `odd/report/${hostile}.html`;

/** Opens a page; `use` may look at it; then it must have kept quiet and to the files of the report. */
const open = async (file, options, use) => {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  const requests = [];
  page.on('console', message => complaints.push(message.text()));
  page.on('pageerror', error => complaints.push(String(error)));
  page.on('dialog', dialog => complaints.push('dialog') && dialog.dismiss());
  page.on('request', request => requests.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  await use(page, requests);
  const root = pathToFileURL(process.cwd()).href;
  assert.deepEqual(requests.filter(url => !url.startsWith('data:') && !url.startsWith(root)), []);
  assert.deepEqual(complaints.filter(text => !text.includes('ERR_FILE_NOT_FOUND') || !file.startsWith('large')), []);
  await context.close();
};

const names = page => page.locator('#table tbody th').allTextContents();
const column = async (page, name) => {
  const heads = await page.locator('#table thead th').allTextContents();
  return page.locator(`#table tbody tr > :nth-child(${heads.indexOf(name) + 1})`).allTextContents();
};
const numbers = async (page, name) => (await column(page, name)).map(Number);
const isSorted = (values, sign) => values.every((value, i) => i === 0 || sign * (value - values[i - 1]) >= 0);

test('the table sorts by a click and by a key, and says how', () => open('heads/report.html', {}, async page => {
  assert.ok(isSorted(await numbers(page, 'Distance after'), -1), 'the farthest first');
  const header = page.getByRole('columnheader', { name: 'Mean before' });
  await header.getByRole('button').click();
  assert.equal(await header.getAttribute('aria-sort'), 'ascending');
  assert.ok(isSorted(await numbers(page, 'Mean before'), 1));
  await header.getByRole('button').focus();
  await page.keyboard.press('Enter');
  assert.equal(await header.getAttribute('aria-sort'), 'descending');
  assert.ok(isSorted(await numbers(page, 'Mean before'), -1));
  assert.equal(await page.locator('[aria-sort]').count(), 1);
  assert.match(await page.locator('#shown').textContent(), /1 to 4 of 4, sorted by mean before, descending/);
  await page.getByRole('button', { name: 'Case' }).click();
  assert.ok((await names(page))[0].includes('ixi013'));
}));

test('failed cases sort first by status, and a button leads back to the outliers', () =>
  open('large/report.html', {}, async page => {
    const kinds = async () => (await column(page, 'Status')).filter((text, i, all) => text !== all[i - 1]);
    const firstNames = await names(page);
    assert.match((await kinds())[0], /^▲ outlier/);
    const button = page.getByRole('button', { name: 'Outliers first' });
    assert.ok(await button.isDisabled());
    assert.match(await page.locator('#shown').textContent(), /of 5000, outliers first/);
    await page.getByRole('button', { name: 'Status' }).click();
    assert.deepEqual((await column(page, 'Status')).slice(0, 10), Array(10).fill('✗ failed'));
    assert.match((await kinds())[1], /^▲ outlier/);
    assert.ok((await kinds()).includes('? no numbers, warned'));
    assert.equal((await kinds()).at(-1), 'done, warned');
    await button.click();
    assert.equal(await page.locator('[aria-sort]').count(), 0);
    assert.deepEqual(await names(page), firstNames);
    await page.getByRole('button', { name: 'Distance after' }).click();
    assert.ok(isSorted(await numbers(page, 'Distance after'), -1));
  }));

test('a long message takes three lines of the table, which 1280 pixels hold', () =>
  open('large/report.html', { viewport: { width: 1280, height: 900 } }, async page => {
    await page.getByLabel('Find').fill('no numbers');
    await page.waitForFunction(() => document.querySelectorAll('#table tbody tr').length === 5);
    const heights = await page.locator('#table tbody tr').evaluateAll(rows => rows.map(row => row.offsetHeight));
    assert.ok(heights.every(height => height < 120), String(heights));
    assert.match(await page.locator('#table .message div').first().getAttribute('title'), /nothing was done$/);
    const [whole, seen] = await page.locator('.scroll').evaluate(scroll => [scroll.scrollWidth, scroll.clientWidth]);
    assert.ok(whole <= seen, `${whole} of ${seen} pixels`);
  }));

test('words find cases by name and site', () => open('heads/report.html', {}, async page => {
  await page.getByLabel('Find').fill('HEADS magdeburg');
  await page.waitForFunction(() => document.querySelectorAll('#table tbody tr').length === 1);
  assert.ok((await names(page))[0].includes('philips'));
  await page.getByLabel('Find').fill('nothing of that kind');
  await page.waitForFunction(() => document.querySelectorAll('#table tbody tr').length === 0);
  assert.match(await page.locator('#shown').textContent(), /No case of 0 found among 4/);
}));

test('thumbnails are there, and the legend dims other lines', () => open('heads/report.html', {}, async page => {
  await page.locator('#table').scrollIntoViewIfNeeded();
  await page.waitForFunction(() => [...document.querySelectorAll('#table img')].every(each => each.naturalWidth > 100));
  await page.getByRole('button', { name: 'site magdeburg' }).click();
  assert.equal(await page.locator('.together .curve.dim').count(), 6);
  assert.equal(await page.locator('.together .curve:not(.dim)').count(), 2);
}));

test('a case opens from the table, knows its neighbours there, and leads back', () =>
  open('heads/report.html', {}, async page => {
    await page.getByRole('button', { name: 'Case' }).click();
    await page.getByRole('link', { name: 'ixi072' }).click();
    assert.match(await page.locator('h1').textContent(), /ixi072/);
    await page.getByRole('link', { name: 'Next case' }).click();
    assert.match(await page.locator('h1').textContent(), /philips/);
    await page.getByRole('link', { name: 'Previous case' }).click();
    await page.getByRole('link', { name: 'Previous case' }).click();
    assert.match(await page.locator('h1').textContent(), /ixi013/);
    assert.equal(await page.getByRole('link', { name: 'Previous case' }).count(), 0);
    await page.getByRole('link', { name: 'All cases' }).click();
    assert.equal(await page.locator('h1').textContent(), 'Isolux report');
  }));

/** What the first After picture shows. */
const shot = page => page.locator('.picture.after .frame').first().screenshot();
const cut = page => page.locator('.pair').first().evaluate(pair => pair.style.getPropertyValue('--cut'));

test('the slider moves by keys and by the pointer', () => open(head, {}, async page => {
  await page.getByLabel('with a slider').focus();
  await page.keyboard.press('Space');
  const range = page.getByRole('slider').first();
  await range.focus();
  assert.equal(await cut(page), '50%');
  await page.keyboard.press('ArrowRight');
  assert.equal(await cut(page), '51%');
  await page.keyboard.press('Home');
  assert.equal(await cut(page), '0%');
  const afterAlone = await shot(page);
  await page.keyboard.press('End');
  assert.equal(await cut(page), '100%');
  assert.equal(await range.getAttribute('aria-valuetext'), '100% before');
  assert.notDeepEqual(await shot(page), afterAlone);

  const box = await page.locator('.picture.after .frame').first().boundingBox();
  await page.mouse.move(box.x + 0.9 * box.width, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + 0.25 * box.width, box.y + 60, { steps: 4 });
  await page.mouse.up();
  assert.equal(await cut(page), '25%');
  await page.mouse.move(box.x + 0.9 * box.width, box.y + 50);
  assert.equal(await cut(page), '25%', 'it moves while pressed only');
  await page.getByLabel('side by side').check();
  assert.equal(await page.getByRole('slider').count(), 0);
}));

/** Holds the first picture's animation at 0.3 s and at 0.9 s of its 1.2 s. */
const phases = page => page.locator('.over').first().evaluate(over => {
  const [animation] = over.getAnimations();
  if (getComputedStyle(over).visibility === 'hidden' || !animation || animation.playState !== 'running') {
    return null;
  }
  return [300, 900].map(time => {
    animation.pause();
    animation.currentTime = time;
    const { opacity } = getComputedStyle(over);
    animation.play();
    return opacity;
  });
});

test('after flickers with before under the pointer, at a key, and all at once', () => open(head, {}, async page => {
  assert.equal(await phases(page), null);
  await page.locator('.picture.after .frame').first().hover();
  assert.deepEqual(await phases(page), ['1', '0']);
  const shots = new Set();
  for (let i = 0; i < 12; ++i) {
    shots.add((await shot(page)).toString('base64'));
    await page.waitForTimeout(150);
  }
  assert.equal(shots.size, 2, 'two pictures and nothing between them');
  await page.mouse.move(0, 0);
  assert.equal(await phases(page), null);

  const button = page.getByRole('button', { name: /^Flicker between .*: Axial/ }).first();
  await button.focus();
  await page.keyboard.press('Space');
  assert.equal(await button.getAttribute('aria-pressed'), 'true');
  assert.deepEqual(await phases(page), ['1', '0']);
  await page.keyboard.press('Space');
  await page.evaluate(() => document.activeElement.blur());
  assert.equal(await phases(page), null);
  await page.getByRole('button', { name: 'Flicker all' }).click();
  assert.equal(await page.evaluate(() => document.getAnimations().length), 6);
}));

test('who wants no motion sees before in place of after, without flicker', () =>
  open(head, { reducedMotion: 'reduce' }, async page => {
    await page.getByRole('button', { name: 'Flicker all' }).click();
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
    assert.equal(await page.locator('.over').first().evaluate(over => getComputedStyle(over).visibility), 'visible');
  }));

test('a file that is called <script> is a name and no more', () => open('odd/report.html', {}, async page => {
  assert.ok((await names(page)).includes(hostile));
  await page.getByRole('link', { name: '<script>' }).click();
  assert.equal(await page.locator('h1').textContent(), hostile);
  assert.equal(await page.title(), hostile + ': Isolux report');
  assert.equal(await page.locator('b').count(), 0);
}));

test('without scripts the pictures stand side by side', () => open(head, { javaScriptEnabled: false }, async page => {
  for (const kind of ['before', 'after', 'field']) {
    assert.ok(await page.locator('.picture.' + kind).first().isVisible());
  }
  assert.ok(!await page.locator('.tools').isVisible());
}));

test('assistive technology finds nothing to complain of, in light and dark, wide and narrow', async () => {
  const files = ['heads/report.html', 'odd/report.html', head, odd, 'odd/report/series.nii.gz.html',
    'photos/report/retina_rgb.tif.html', 'large/report.html'];
  for (const [number, file] of files.entries()) {
    for (const colorScheme of ['light', 'dark']) {
      for (const width of [1200, 420]) {
        await open(file, { colorScheme, viewport: { width, height: 900 } }, async page => {
          await page.screenshot({ path: `page-${number}-${colorScheme}-${width}.png`, fullPage: true });
          assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
            `${file} at ${width} pixels scrolls sideways`);
          if (file === head) {
            await page.getByLabel('with a slider').check();
            await page.screenshot({ path: `slider-${colorScheme}-${width}.png`, fullPage: true });
          }
          await page.evaluate(() => document.querySelectorAll('details').forEach(details => { details.open = true; }));
          const session = await page.context().newCDPSession(page); // the policy forbids foreign scripts
          const source = require('node:fs').readFileSync(axe, 'utf8');
          await session.send('Runtime.evaluate', { expression: source });
          const { violations } = await page.evaluate(() => globalThis.axe.run());
          assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [], `${file}, ${colorScheme}`);
        });
      }
    }
  }
});

test('five thousand cases open and sort at once, and load no picture that is not seen', () =>
  open('large/report.html', {}, async (page, requests) => {
    const ready = await page.evaluate(() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd);
    const sort = name => page.evaluate(async wanted => {
      const button = [...document.querySelectorAll('#table th button')].find(each => each.textContent === wanted);
      const start = performance.now();
      button.click();
      await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
      return performance.now() - start;
    }, name);
    const byNumber = await sort('Mean before');
    assert.ok(isSorted(await numbers(page, 'Mean before'), 1));
    const byName = await sort('Case');
    assert.ok((await names(page))[0].startsWith('sub-10000/'));
    assert.equal(await page.locator('#table tbody tr').count(), 100);
    await page.getByRole('button', { name: 'Next rows' }).click();
    assert.ok((await names(page))[0].startsWith('sub-10100/'));
    await page.getByLabel('Find').fill('failed');
    await page.waitForFunction(() => document.getElementById('shown').textContent.includes('of 10 found among 5000'));
    await page.getByLabel('Find').fill('outlier');
    await page.waitForFunction(() => /of \d+ found among/.test(document.getElementById('shown').textContent));
    const pictures = requests.filter(url => url.endsWith('.svg')).length;
    await page.getByLabel('Find').fill('');
    await page.waitForFunction(() => document.getElementById('shown').textContent.includes('of 5000,'));
    const all = await page.evaluate(async () => {
      const start = performance.now();
      const select = document.getElementById('length');
      select.value = '0';
      select.dispatchEvent(new Event('change'));
      await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
      return performance.now() - start;
    });
    assert.equal(await page.locator('#table tbody tr').count(), 5000);
    console.log(`5000 cases: ${statSync('large/report.html').size} bytes, ready after ${ready.toFixed(0)} ms, sorted by ` +
      `number in ${byNumber.toFixed(0)} ms, by name in ${byName.toFixed(0)} ms, all rows shown in ${all.toFixed(0)} ms, ` +
      `${pictures} pictures asked for`);
    assert.ok(ready < 3000 && byNumber < 1000 && byName < 1000); // a tenth of these on an idle machine
    assert.ok(pictures < 150);
  }));

test('a page stays below 2 MB', () => {
  for (const file of [head, odd, 'photos/report/bookplate_rgb.tif.html', 'large/report.html']) {
    assert.ok(existsSync(file) && statSync(file).size < 2e6, file);
  }
});
