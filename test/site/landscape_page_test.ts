import * as tf from '@tensorflow/tfjs';
import type {BrowserContextOptions} from 'playwright-core';
import {optimizers} from 'tfjs-optim';

import {distance} from '../../demo/landscape/functions';
import {read} from '../../demo/landscape/link';
import {landscapeProgram} from '../../demo/landscape/program';
import {Race} from '../../demo/landscape/race';
import {fieldsOf} from '../../demo/shared/link';
import {short} from '../../demo/shared/numbers';
import type {DemoPage} from '../support/demo_page';
import {demoSite} from '../support/demo_site';
import {present} from '../support/present';

describe('The page of the landscape', () => {
  const site = demoSite();
  let demo: DemoPage;
  const open = async (link: string, options?: BrowserContextOptions) => {
    demo = await site.openLandscape(link, options);
    return demo;
  };
  const count = () => demo.page.locator('#descent-count').textContent();
  const fields = async () => fieldsOf(await demo.page.evaluate(() => location.hash));
  const cells = (selector: string) => demo.page.locator(`#descents ${selector}`).allTextContents();

  it('offers every optimizer of the table, with its facts', async () => {
    const {page} = await open('opts=adam');
    const names = await page
      .locator('#descenders input[type=checkbox]')
      .evaluateAll(boxes => boxes.map(box => box.getAttribute('value')));
    expect(names).toEqual(optimizers.map(({name}) => name));
    await demo.button('About muon').click();
    const facts = page.locator('#landscape-about-muon');
    expect(await facts.locator('dt').allTextContents()).toEqual([
      'Here',
      'For',
      'Not for',
      'Extra memory',
      'Defaults',
      'Source',
    ]);
    await page.getByRole('checkbox', {name: 'muon'}).check();
    expect((await fields()).get('opts')).toBe('adam:lr=0.1,muon:lr=0.05');
    expect(await cells('th')).toEqual(['adam', 'muon']);
  });

  it('plays to the end, and shows what the same race in Node gives', async () => {
    const link = 'f=beale&steps=40&schedule=oneCycle&speed=600&opts=sgd,adam:lr=0.2,lion';
    const {page} = await open(link);
    expect(await count()).toBe('step 0 of 40');
    await demo.button('Play').click();
    await demo.button('Play again').waitFor();
    expect(await count()).toBe('step 40 of 40');
    const live = await page.locator('#descent-status').textContent();
    expect(live).toMatch(/^Step 40 of 40\. (\w+ [^.]*, [\d.]+ from \w+( \w+)?\. ?){3}$/);
    await tf.setBackend('cpu');
    const {setup} = read(fieldsOf(link));
    const race = new Race(setup);
    while (!race.finished) race.advance();
    for (const descent of race.descents) {
      const row = page.locator('#descents tr').filter({hasText: descent.name});
      const [value, away] = await row.locator('td').allTextContents();
      expect(value).withContext(descent.name).toBe(short(descent.value));
      expect(away)
        .withContext(descent.name)
        .toBe(short(distance(race.f, descent.at)));
    }
    race.dispose();
    await tf.setBackend('wasm');
    expect(await demo.curves('value-chart')).toEqual([41, 41, 41]);
    expect(await demo.curves('distance-chart')).toEqual([41, 41, 41]);
    await page.locator('#descent-code summary').click();
    // The browser says a moment later that the panel is open.
    const program = page.locator('#descent-program').filter({hasText: /./});
    await program.waitFor();
    expect(await program.textContent()).toBe(landscapeProgram(setup));
  });

  it('copies the program; where the browser does not let it, selects the program', async () => {
    const {page} = await open('f=bowl&opts=adam');
    const program = landscapeProgram(read(fieldsOf('f=bowl&opts=adam')).setup);
    // The clipboard of a browser without a window cannot be read.
    await page.evaluate(() => {
      navigator.clipboard.writeText = text => {
        document.title = text;
        return Promise.resolve();
      };
    });
    await demo.button('Copy code').click();
    await page.getByRole('status').filter({hasText: 'The program is copied'}).waitFor();
    expect(await page.evaluate(() => document.querySelector('title')?.textContent)).toBe(program);
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'));
    });
    await demo.button('Copy code').click();
    await page.getByRole('status').filter({hasText: 'The program is selected'}).waitFor();
    expect(await page.evaluate(() => String(getSelection()).trim())).toBe(program.trim());
  });

  it('steps, pauses and restarts', async () => {
    const {page} = await open('speed=5&opts=adam');
    await demo.button('Step').click();
    await demo.button('Step').click();
    expect(await count()).toBe('step 2 of 400');
    await demo.button('Play').click();
    await page
      .locator('#descent-count')
      .filter({hasText: /^step [3-9]/})
      .waitFor();
    await demo.button('Pause').click();
    const paused = Number(present(/^step (\d+) /.exec(present(await count())))[1]);
    await demo.button('Step').click();
    expect(await count()).toBe(`step ${paused + 1} of 400`);
    await demo.button('Restart').click();
    expect(await count()).toBe('step 0 of 400');
  });

  it('starts where the ring is dragged or the map is clicked', async () => {
    const {page} = await open('f=bowl&opts=adam');
    const map = present(await page.locator('#map').boundingBox());
    const ring = present(await page.locator('.start').boundingBox());
    await page.mouse.move(ring.x + ring.width / 2, ring.y + ring.height / 2);
    await page.mouse.down();
    await page.mouse.move(map.x + map.width / 4, map.y + map.height / 4, {steps: 4});
    await page.mouse.up();
    const near = async (x: number, y: number) => {
      const [a = NaN, b = NaN] = present((await fields()).get('start'))
        .split(',')
        .map(Number);
      expect(Math.abs(a - x)).toBeLessThan(0.1);
      expect(Math.abs(b - y)).toBeLessThan(0.1);
      expect(await page.locator('#start-x').inputValue()).toBe(String(a));
      expect(await page.locator('#start-y').inputValue()).toBe(String(b));
    };
    await near(-2, 2);
    await page.mouse.click(map.x + map.width * 0.75, map.y + map.height * 0.75);
    await near(2, -2);
    expect(await page.locator('#map-values').textContent()).toMatch(/^x 2, y -2: value \d/);
  });

  it('works by keyboard: buttons, the start, sliders and the values of the curves', async () => {
    const {page} = await open('f=bowl&start=1,1&steps=100&opts=adam,sgd');
    await page.locator('#descent-step').focus();
    for (let i = 0; i < 3; i++) await page.keyboard.press('Enter');
    expect(await count()).toBe('step 3 of 100');
    const chart = page.locator('#value-chart');
    await chart.focus();
    await page.keyboard.press('Home');
    expect(await chart.getAttribute('aria-valuetext')).toMatch(/^0, adam [\d.]+, sgd [\d.]+$/);
    await page.keyboard.press('ArrowRight');
    expect(await chart.getAttribute('aria-valuenow')).toBe('1');
    expect(await chart.locator('.values').isVisible()).toBeTrue();
    await page.locator('.start').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+ArrowDown');
    expect((await fields()).get('start')).toBe('1.16,0.984');
    expect(await page.locator('.start').getAttribute('aria-label')).toContain('Start at x 1.16, y 0.984');
    const rate = page.getByLabel('Learning rate of adam');
    await rate.focus();
    await page.keyboard.press('ArrowRight');
    expect((await fields()).get('opts')).toMatch(/^adam:lr=0\.1\d,sgd:lr=0\.8$/);
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(
      'Learning rate of adam',
    );
  });

  it('keeps its setup over a reload, and says what of a link was ignored', async () => {
    const {page} = await open('f=saddle&start=1,0.5&hill=3&opts=adam:lr=0.5:mom=0.5,magic');
    const note = page.locator('#link-note');
    expect(await note.textContent()).toMatch(/Ignored: magic \(.*\); hill=3 \(.*\)\.$/);
    await page.reload();
    await page.locator('#descents tr').first().waitFor();
    expect(await note.isVisible()).toBeFalse();
    expect((await fields()).get('opts')).toBe('adam:lr=0.5:mom=0.5');
    expect(await page.locator('#f').inputValue()).toBe('saddle');
    await page.locator('#f').selectOption('noisy');
    expect((await fields()).get('noise')).toBe('0.5');
    expect(await page.getByLabel('Noise').isVisible()).toBeTrue();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`breaks no rule of axe, ${colorScheme}`, async () => {
      await open('steps=20&speed=600&opts=sgd,adam,lion', {colorScheme});
      expect(await demo.violations()).toEqual([]);
      await demo.button('Play').click();
      await demo.button('Play again').waitFor();
      await demo.button('About lion').click();
      await demo.page.locator('#descent-code summary').click();
      expect(await demo.violations()).toEqual([]);
    });
  }

  it('fits on a phone, and plays by touch', async () => {
    const {page} = await open('f=bowl&steps=20&speed=600&opts=adam,sgd', {
      viewport: {width: 320, height: 640},
      hasTouch: true,
      isMobile: true,
    });
    await page.locator('#map').tap();
    const [x = NaN] = present((await fields()).get('start'))
      .split(',')
      .map(Number);
    expect(Math.abs(x)).toBeLessThan(0.2);
    await demo.button('Play').tap();
    await demo.button('Play again').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  });
});
