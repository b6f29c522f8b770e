import type {Page} from 'playwright-core';

import type {DemoPage} from '../support/demo_page';
import {demoSite} from '../support/demo_site';

const PHONE = {width: 375, height: 740};
const SIZES = [PHONE, {width: 900, height: 800}, {width: 1280, height: 800}] as const;

describe('The layout of the demo', () => {
  const site = demoSite();
  let demo: DemoPage;

  /** Opens the view. @param view as in links. */
  const open = async (view: 'digits' | 'landscape', viewport: {readonly width: number; readonly height: number}) => {
    const options = {viewport, isMobile: viewport === PHONE, hasTouch: viewport === PHONE};
    demo = await (view === 'digits' ? site.open(options) : site.openLandscape('opts=adam,scheduleFreeAdamW', options));
    return demo.page;
  };

  for (const viewport of SIZES)
    for (const [view, panel] of [
      ['digits', 'digits'],
      ['landscape', 'descent'],
    ] as const)
      it(`has room for the open program at ${viewport.width} px: ${view}`, async () => {
        const page = await open(view, viewport);
        const before = await widthOf(page, `#${view}-view .control`);
        await page.locator(`#${panel}-code summary`).click();
        await page.locator(`#${panel}-program`).filter({hasText: 'npm install'}).waitFor();
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width);
        expect(await widthOf(page, `#${view}-view .control`)).toBe(before);
        expect(await overflowing(page, '.card')).toEqual([]);
        const scrolls = await page.locator(`#${panel}-code pre`).evaluate(box => box.scrollWidth > box.clientWidth);
        expect(scrolls).toBeTrue();
      });

  it('keeps the list of optimizers closed on a phone until it is asked for, and open on a wide screen', async () => {
    const phone = await open('digits', PHONE);
    expect(await phone.locator('#entrants').isVisible()).toBeFalse();
    const summary = phone.locator('#chosen-names');
    expect(await summary.textContent()).toBe('Chosen: sgd, adam, ranger, tf.train.adam');
    await summary.focus();
    await phone.keyboard.press('Enter');
    await phone.getByRole('checkbox', {name: 'ranger'}).uncheck();
    expect(await summary.textContent()).toBe('Chosen: sgd, adam, tf.train.adam');
    expect(await demo.violations()).toEqual([]);
    const wide = await open('digits', SIZES[2]);
    expect(await wide.locator('#entrants').isVisible()).toBeTrue();
    await wide.setViewportSize(PHONE);
    await wide.locator('#entrants').waitFor({state: 'hidden'});
  });

  it('opens the list of optimizers where a learning rate in it is wrong', async () => {
    const page = await open('digits', PHONE);
    await page.locator('#chosen-names').click();
    const rate = page.getByLabel('learning rate of adam', {exact: true});
    await rate.fill('-1');
    await page.locator('#chosen-names').click();
    await page.locator('#entrants').waitFor({state: 'hidden'});
    await demo.button('Train').click();
    await page.locator('#entrants').waitFor();
    expect(await rate.evaluate(input => input === document.activeElement)).toBeTrue();
    expect(await page.locator('#status').textContent()).toBe('Ready.');
  });

  for (const viewport of SIZES)
    it(`shows the names of optimizers beside their buttons at ${viewport.width} px`, async () => {
      for (const [view, list] of [
        ['landscape', '#descenders'],
        ['digits', '#entrants'],
      ] as const) {
        const page = await open(view, viewport);
        if (!(await page.locator(list).isVisible())) await page.locator('#chosen-names').click();
        const under = await page.locator(`${list} li:has(.about)`).evaluateAll(rows =>
          rows.flatMap(row => {
            const [name, button] = [row.querySelector('.choice span'), row.querySelector('.about')];
            if (name === null || button === null) return ['a row without a name'];
            const text = document.createRange();
            text.selectNodeContents(name);
            const {right} = text.getBoundingClientRect();
            return right < button.getBoundingClientRect().left ? [] : [name.textContent];
          }),
        );
        expect(under).withContext(view).toEqual([]);
      }
    });

  it('has a gap between the columns of the landscape on a phone', async () => {
    const page = await open('landscape', PHONE);
    await demo.button('Step').click();
    const gaps = await page.locator('#landscape-view tr').evaluateAll(rows =>
      rows.map(row => {
        const [left = 0, right = 0] = [...row.children].slice(-2).map((cell, i) => {
          const text = document.createRange();
          text.selectNodeContents(cell);
          const box = text.getBoundingClientRect();
          return i === 0 ? box.right : box.left;
        });
        return right - left;
      }),
    );
    expect(gaps.length).toBe(3);
    expect(Math.min(...gaps)).toBeGreaterThan(12);
  });

  it('shows each of several equal curves', async () => {
    const page = await open('digits', SIZES[2]);
    // The example run: adam and ranger share one schedule of the momentum.
    const paths = page.locator('#mom-chart .curves path');
    const curves = await paths.evaluateAll(all =>
      all.map(path => ({
        points: path.getAttribute('d'),
        dash: ['stroke-dasharray', 'stroke-dashoffset'].map(name => path.getAttribute(name)).join(),
      })),
    );
    const drawn = curves.filter(({points}) => points !== '');
    expect(drawn.length).toBeGreaterThan(1);
    for (const {points} of drawn) {
      const dashes = drawn.filter(curve => curve.points === points).map(({dash}) => dash);
      expect(new Set(dashes).size).toBe(dashes.length);
    }
    expect(new Set(drawn.map(({points}) => points)).size).toBeLessThan(drawn.length);
  });
});

function widthOf(page: Page, selector: string): Promise<number> {
  return page.locator(selector).evaluate(box => box.getBoundingClientRect().width);
}

/** The texts of visible elements whose content is wider than they are. */
function overflowing(page: Page, selector: string): Promise<string[]> {
  return page
    .locator(selector)
    .evaluateAll(boxes => boxes.filter(box => box.scrollWidth > box.clientWidth).map(box => box.textContent));
}
