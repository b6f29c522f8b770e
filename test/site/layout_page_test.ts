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
