import type {BrowserContext, BrowserContextOptions, Locator} from 'playwright-core';

import {bitmap} from '../support/bitmap';
import type {DemoPage} from '../support/demo_page';
import {demoSite} from '../support/demo_site';
import {present} from '../support/present';

/** A picture file with lines that lie (kind 0) or stand (kind 1). */
const file = (kind: number, shift: number) => ({
  name: `${kind}-${shift}.bmp`,
  mimeType: 'image/bmp',
  buffer: bitmap(90, 60, (x, y) => (((kind === 0 ? y : x) + 3 * shift) % 18 < 6 ? 220 : 30)),
});
const files = (kind: number, n = 3) => Array.from({length: n}, (_, i) => file(kind, i));
const TEXT = {name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('These are notes.')};

describe("The visitor's own images", () => {
  const site = demoSite({webcam: true});
  let demo: DemoPage;
  const open = async (
    options?: BrowserContextOptions,
    prepare?: (context: BrowserContext) => Promise<unknown>,
  ): Promise<Own> => {
    demo = await site.open(options, prepare);
    return new Own(demo);
  };

  /** The panel, as a visitor sees it. */
  class Own {
    readonly panel: Locator;
    readonly #opened: DemoPage;
    constructor(opened: DemoPage) {
      this.#opened = opened;
      this.panel = opened.page.locator('#own');
    }
    card = (number: number) => this.panel.getByRole('group', {name: new RegExp(`^Class ${number} `)});
    button = (name: string, inside: Locator = this.panel) => inside.getByRole('button', {name, exact: true});
    tryOne = () => this.panel.getByRole('group', {name: 'Try it'});
    count = (number: number) => this.card(number).locator('.thumb').count();
    async says(text: RegExp): Promise<string> {
      const line = this.panel.locator('#own-message').filter({hasText: text});
      await line.waitFor();
      return present(await line.textContent());
    }
    async choose(inside: Locator, chosen: ReturnType<typeof file> | ReadonlyArray<ReturnType<typeof file>>) {
      await inside.locator('input[type=file]').setInputFiles(chosen instanceof Array ? [...chosen] : chosen);
    }
    async drop(inside: Locator, dropped: ReadonlyArray<ReturnType<typeof file>>) {
      const transfer = await this.#opened.page.evaluateHandle(
        given => {
          const data = new DataTransfer();
          for (const {name, mimeType, bytes} of given)
            data.items.add(new File([new Uint8Array(bytes)], name, {type: mimeType}));
          return data;
        },
        dropped.map(({name, mimeType, buffer}) => ({name, mimeType, bytes: [...buffer]})),
      );
      await inside.dispatchEvent('drop', {dataTransfer: transfer});
    }
    /** Teaches the network digits, and then lying and standing lines. */
    async learn() {
      await this.#opened.choose({optimizers: ['adam'], digits: 64, batch: 16, epochs: 1});
      await this.#opened.step(2);
      for (const [i, name] of ['lying', 'standing'].entries()) {
        await this.card(i + 1)
          .getByLabel('Name')
          .fill(name);
        await this.choose(this.card(i + 1), files(i));
        await this.says(new RegExp(`^'${name}' has 3 pictures\\.$`));
      }
      await this.button('Fine-tune').click();
      await this.says(/^Done\./);
    }
    async reads(kind: number, text: RegExp) {
      await this.choose(this.tryOne(), file(kind, 1));
      const answer = this.panel.locator('.answer').filter({hasText: text});
      await answer.waitFor();
    }
  }

  it('are learnt, read, saved, restored after a reload, and learnt further', async () => {
    const own = await open();
    await own.learn();
    expect(await own.says(/^Done\./)).toBe(
      'Done. The network reads 6 of your 6 pictures correctly. Now try another one.',
    );
    await own.reads(0, /^lying \([\d.]+ %\)$/);
    await own.reads(1, /^standing \([\d.]+ %\)$/);
    const shares = await own.panel.locator('.share').allTextContents();
    expect(shares.map(parseFloat).reduce((a, b) => a + b)).toBeCloseTo(100, 0);
    await own.card(2).getByLabel('Name').fill('upright');
    await own.card(2).getByLabel('Name').press('Enter');
    await own.panel
      .locator('.answer')
      .filter({hasText: /^upright /})
      .waitFor();
    await own.button('Save your images').click();
    await own.says(/^Pictures, network and optimizer are saved/);
    await demo.page.reload();
    await own.says(/^A network for 'lying' and 'upright' is stored\. Press Restore/);
    await own.button('Restore your images').click();
    await own.says(/^Restored, after 20 epochs\./);
    expect([await own.count(1), await own.count(2)]).toEqual([3, 3]);
    await own.reads(1, /^upright /);
    await own.button('Fine-tune more').click();
    await own.says(/^Done\./);
    await own.button('Save your images').click();
    await own.says(/^Pictures, network and optimizer are saved/);
    await demo.page.reload();
    await own.button('Restore your images').click();
    await own.says(/^Restored, after 30 epochs\./);
    await own.button('Start anew').click();
    await own.says(/^The network has forgotten your pictures\./);
    await own.button('Fine-tune').click();
    await own.says(/^There is no network yet\. First press Train above/);
  });

  it('are dropped on a class; what is not a picture is named, and does not leave the page', async () => {
    const own = await open();
    await own.drop(own.card(1).locator('.drop'), [file(0, 0), TEXT, file(0, 1)]);
    await own.says(/^notes\.txt: This file is not a picture .* 'Class 1' has 2 pictures\.$/);
    expect(await own.panel.locator('#own-message').getAttribute('class')).toBe('error');
    expect(await own.count(1)).toBe(2);
    await own.drop(own.panel.locator('h2'), [file(0, 0)]);
    await own.says(/^Drop pictures on a class, or where you try one\.$/);
    await own.drop(own.card(1).locator('.drop'), []);
    await own.says(/^That was not a file\. Drop picture files\.$/);
    await own.drop(own.tryOne().locator('.drop'), [TEXT]);
    await own.panel
      .locator('.answer')
      .filter({hasText: /^notes\.txt: This file is not a picture/})
      .waitFor();
    await own.drop(own.tryOne().locator('.drop'), [file(0, 0)]);
    await own.panel
      .locator('.answer')
      .filter({hasText: /does not know your classes yet/})
      .waitFor();
  });

  it('say what is missing: pictures, names, a network, a pause', async () => {
    const own = await open();
    const refuses = async (text: RegExp) => {
      await own.button('Fine-tune').click();
      await own.says(text);
    };
    await refuses(/^At least two classes need pictures, 3 each; none has any\.$/);
    await own.choose(own.card(1), files(0));
    await own.says(/'Class 1' has 3 pictures/);
    await refuses(/only 'Class 1' has some\.$/);
    await own.choose(own.card(2), files(1, 1));
    await own.says(/'Class 2' has 1 picture\./);
    await refuses(/^'Class 2' has 1 picture and needs 3\. Add 2\.$/);
    await own.button('Copy code for your images').click();
    await own.says(/^'Class 2' has 1 picture and needs 3\. Add 2\.$/);
    await own.choose(own.card(2), files(1, 2));
    await own.says(/'Class 2' has 3 pictures/);
    await own.card(2).getByLabel('Name').fill('');
    await refuses(/^Class 2 has no name\. Give it one\.$/);
    await own.card(2).getByLabel('Name').fill('b');
    await refuses(/^There is no network yet\. First press Train above/);
    await demo.choose({optimizers: ['adam'], digits: 8000, batch: 64, epochs: 50});
    await demo.button('Train').click();
    await demo.says(/^Training/);
    await refuses(/^Something else is training\. Pause it first\.$/);
    await own.button('Add a class').click();
    await own.says(/^There are 3 classes\.$/);
    await demo.button('Pause').click();
    await demo.says(/^Paused/);
    await refuses(/^'Class 3' has no pictures and needs 3\. Add 3, or remove the class\.$/);
    await own.button('Remove class', own.card(3)).click();
    await own.button('Fine-tune').click();
    await own.says(/^Done\./);
    await own.panel.locator('summary').click();
    const program = own.panel.locator('#own-program').filter({hasText: 'fineTune'});
    await program.waitFor();
    expect(await program.textContent()).toMatch(/^\/\/ Learns digits, and then to tell 2 classes of pictures apart\./);
  });

  it('come from the webcam, which is off when nobody needs it', async () => {
    const own = await open({}, context =>
      context.addInitScript(() => {
        const {mediaDevices} = navigator;
        const original = mediaDevices.getUserMedia.bind(mediaDevices);
        mediaDevices.getUserMedia = async constraints => {
          const stream = await original(constraints);
          for (const track of stream.getTracks()) Object.assign(window, {webcamTrack: track});
          return stream;
        };
      }),
    );
    const state = () =>
      demo.page.evaluate(() => {
        const track: unknown = Reflect.get(window, 'webcamTrack');
        return track instanceof MediaStreamTrack ? track.readyState : undefined;
      });
    const take = (inside: Locator) => own.button('Take a picture', inside).click();
    expect(await own.button('Take a picture').count()).toBe(0);
    await own.button('Start the webcam').click();
    await own.says(/^The webcam is on\./);
    expect(await state()).toBe('live');
    for (let i = 1; i <= 3; i++) {
      await take(own.card(1));
      await own.says(new RegExp(`'Class 1' has ${i} picture`));
    }
    await take(own.tryOne());
    await own.panel
      .locator('.answer')
      .filter({hasText: /does not know your classes yet/})
      .waitFor();
    await own.button('Stop the webcam').click();
    await own.says(/^The webcam is off\.$/);
    expect(await state()).toBe('ended');
    expect(await demo.page.locator('#own-video').isVisible()).toBeFalse();
    await own.button('Start the webcam').click();
    await own.says(/^The webcam is on\./);
    expect(await state()).toBe('live');
    await demo.page.getByRole('link', {name: 'Landscape'}).click();
    await demo.page.locator('#descents tr').first().waitFor();
    expect(await state()).toBe('ended');
  });

  it('can be dropped where the browser does not allow the webcam, or has none', async () => {
    const own = await open();
    const refuse = (name: string) =>
      demo.page.evaluate(reason => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('the device', reason));
      }, name);
    await refuse('NotAllowedError');
    await own.button('Start the webcam').click();
    await own.says(
      /^The browser does not let the page use the webcam\. .* You can also drop or choose picture files\.$/,
    );
    await refuse('NotFoundError');
    await own.button('Start the webcam').click();
    await own.says(/^There is no webcam\./);
    await own.choose(own.card(1), files(0));
    await own.says(/^'Class 1' has 3 pictures\.$/);
  });

  it('work by keyboard alone', async () => {
    const own = await open();
    const {page} = demo;
    await demo.choose({optimizers: ['adam'], digits: 64, batch: 16, epochs: 1});
    await demo.step(1);
    for (const i of [0, 1]) {
      const choosing = page.waitForEvent('filechooser');
      await own.button('Choose pictures', own.card(i + 1)).focus();
      await page.keyboard.press('Enter');
      await (await choosing).setFiles(files(i, 4));
      // With the name, because the message of the first class is still there.
      await own.says(new RegExp(`^'Class ${i + 1}' has 4 pictures\\.$`));
    }
    await own.card(1).getByRole('button', {name: 'Remove picture 4'}).focus();
    await page.keyboard.press('Enter');
    await own.says(/^'Class 1' has 3 pictures\.$/);
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    expect(await focused()).toBe('Remove picture 3');
    await own.button('Fine-tune').focus();
    await page.keyboard.press('Enter');
    await own.says(/^Done\./);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('own-train');
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`fit on a phone and break no rule of axe, ${colorScheme}`, async () => {
      const own = await open({
        viewport: {width: 375, height: 740},
        hasTouch: true,
        isMobile: true,
        colorScheme,
      });
      await own.learn();
      await own.reads(0, /^lying /);
      await own.button('Add a class').tap();
      await own.card(3).getByLabel('Name').fill('a class with a name that is so');
      await own.button('Start the webcam').tap();
      await own.says(/^The webcam is on\./);
      await own.panel.locator('summary').tap();
      expect(await demo.page.evaluate(() => document.documentElement.scrollWidth)).toBe(375);
      const inside = await own.panel.evaluate(panel => panel.scrollWidth <= panel.clientWidth);
      expect(inside).toBeTrue();
      expect(await demo.violations()).toEqual([]);
    });
  }
});
