import type {BrowserContextOptions} from 'playwright-core';
import {optimizers} from 'tfjs-optim';

import {centred} from '../../demo/digits/centring';
import type {DemoPage} from '../support/demo_page';
import {demoSite} from '../support/demo_site';
import {present} from '../support/present';

const YARDSTICK = 'tf.train.adam';

describe('The demo page', () => {
  const site = demoSite();
  let demo: DemoPage;
  const open = async (options?: BrowserContextOptions) => {
    demo = await site.open(options);
    return demo;
  };

  it('offers every optimizer of the table', async () => {
    const {page} = await open();
    const names = await page
      .locator('#entrants input[type=checkbox]')
      .evaluateAll(boxes => boxes.map(box => box.getAttribute('value')));
    expect(names).toEqual([...optimizers.map(({name}) => name), YARDSTICK]);
  });

  it('explains an optimizer where its button is pressed', async () => {
    const {page} = await open();
    const facts = page.locator('#about-lion');
    expect(await facts.isVisible()).toBe(false);
    await demo.button('About lion').click();
    expect(await facts.locator('dt').allTextContents()).toEqual([
      'For',
      'Not for',
      'Extra memory',
      'Defaults',
      'Source',
    ]);
    expect(await facts.isVisible()).toBe(true);
    await demo.button('About lion').click();
    expect(await facts.isVisible()).toBe(false);
  });

  it('trains scheduleFree at a rate that does not move, and shows its average', async () => {
    await open();
    await demo.choose({optimizers: ['scheduleFreeAdamW'], digits: 256, batch: 32, epochs: 2});
    await demo.button('Train').click();
    await demo.says(/^Finished/);
    const free = (await demo.results()).find(({name}) => name === 'scheduleFreeAdamW');
    expect(free?.loss).toBeLessThan(2.3);
    // The accuracy, in percent.
    expect(free?.figures[0]).toBeGreaterThan(20);
  });

  it('trains two optimizers from the same weights on wasm: loss falls, curves and times appear', async () => {
    await open();
    await demo.choose({optimizers: ['adam'], digits: 512, batch: 32, epochs: 2});
    await demo.step(1);
    const [first, yardstick] = await demo.results();
    expect(first?.name).toBe('adam');
    expect(first?.loss).withContext('the first loss, from the same weights').toBe(present(yardstick).loss);
    await demo.button('Resume').click();
    expect(await demo.says(/^Finished/)).toMatch(/has the best accuracy on 128 held-out digits: [\d.]+ %/);
    const results = await demo.results();
    expect(results.map(({name}) => name).sort()).toEqual(['adam', YARDSTICK]);
    for (const {
      loss,
      figures: [accuracy = 0, optimizer = 0, step = 0],
    } of results) {
      expect(loss).toBeLessThan(0.7 * present(first).loss);
      expect(accuracy).toBeGreaterThan(50);
      expect(optimizer).toBeGreaterThan(0);
      expect(step).toBeGreaterThan(optimizer);
    }
    expect(await demo.curves('loss-chart')).toEqual([32, 32]);
    expect(await demo.curves('lr-chart')).toEqual([32, 32]);
    expect(await demo.curves('mom-chart')).toEqual([32, 32]);
    expect(await demo.curves('accuracy-chart')).toEqual([8, 8]);
  });

  it('trains where the server isolates the page, so that WASM can have threads', async () => {
    demo = await site.openWith({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    expect(await demo.page.evaluate(() => crossOriginIsolated)).toBeTrue();
    await demo.choose({optimizers: ['adam'], digits: 64, batch: 8, epochs: 1});
    await demo.step(1);
  });

  it('trains without storage, and says that there is none', async () => {
    demo = await site.open({}, context =>
      context.addInitScript(() => {
        IDBFactory.prototype.open = () => {
          throw new Error('no storage');
        };
      }),
    );
    await demo.says(/^no storage$/);
    await demo.choose({optimizers: ['adam'], digits: 64, batch: 8, epochs: 1});
    await demo.step(1);
    await demo.button('Save').click();
    await demo.says(/^no storage$/);
    expect(await demo.button('Resume').isEnabled()).toBeTrue();
  });

  // Software rendering is slow. Of so many epochs, these steps come before the first test of accuracy; the fourth is
  // measured.
  for (const [backend, steps] of [
    ['webgl', 4],
    ['webgpu', 1],
  ] as const) {
    it(`trains on ${backend}`, async () => {
      const {page} = await open();
      if ((await page.locator(`#backend option[value=${backend}]`).count()) === 0) {
        pending(`The browser has no ${backend}.`);
        return;
      }
      await demo.choose({backend, optimizers: ['adam'], digits: 64, batch: 8, epochs: 10});
      await demo.step(steps);
      expect(await demo.curves('loss-chart')).toEqual([steps, steps]);
      for (const {loss} of await demo.results()) expect(loss).toBeGreaterThan(0);
      expect(await page.locator('#measured').textContent()).toMatch(/The clock stops when the GPU has finished/);
    });
  }

  it('goes on after a reload where it was saved, bit for bit', async () => {
    const {page} = await open();
    const ours = ['sgd', 'lamb', 'ranger'];
    await demo.choose({optimizers: ours, digits: 64, batch: 8, epochs: 1});
    await demo.step(3);
    await demo.button('Save').click();
    await demo.says(/^Saved at step 3/);
    await demo.step(3);
    const losses = (await demo.results()).map(({loss}) => loss);
    await page.reload();
    await demo.says(/^Ready. A training saved at step 3 can be restored/);
    await demo.button('Restore').click();
    await demo.says(/^Restored at step 3/);
    expect(await demo.curves('loss-chart'))
      .withContext('curves come back')
      .toEqual([3, 3, 3, 3]);
    expect(await page.locator('#entrants input:checked').count())
      .withContext('the choice comes back')
      .toBe(4);
    await demo.step(3);
    expect((await demo.results()).map(({loss}) => loss)).toEqual(losses);
    await demo.button('Save').click();
    await demo.says(/^Saved at step 6/);
    const resumed = await demo.stored();

    await demo.button('Reset').click();
    await demo.says(/^Ready/);
    await demo.step(6);
    await demo.button('Save').click();
    await demo.says(/^Saved at step 6/);
    const straight = await demo.stored();
    expect(Object.keys(straight).sort()).toEqual([...ours, YARDSTICK].sort());
    for (const name of ours) expect(resumed[name]).withContext(name).toBe(present(straight[name]));
  });

  it('stays responsive: pauses in the middle of a long training', async () => {
    const {page} = await open();
    await demo.choose({optimizers: ['adam'], digits: 8000, batch: 64, epochs: 50});
    await demo.button('Train').click();
    await page.waitForFunction(() => Number(document.querySelector('progress')?.value) > 2);
    await demo.button('Pause').click();
    expect(await demo.says(/^Paused at step/)).toMatch(/^Paused at step \d{1,3}\.$/);
    await demo.button('Reset').click();
    await demo.says(/^Ready/);
    expect(await page.locator('#example-note').isVisible()).toBeTrue();
  });

  it('shows an example run first; a finished run says how to go on, and goes on', async () => {
    const {page} = await open();
    expect(await page.locator('#example-note').textContent()).toMatch(/^This is an example run, of /);
    expect(await page.locator('#results .rank').allTextContents()).toEqual(['1', '2', '3', '4']);
    expect(await page.locator('#measured').textContent()).toMatch(
      /^Sorted by accuracy on held-out digits\. Press Training loss to sort by loss\./,
    );
    expect((await demo.curves('loss-chart')).length).toBe(4);
    await demo.choose({optimizers: ['adam'], digits: 64, batch: 8, epochs: 1});
    await demo.button('Train').click();
    await demo.says(/^Finished/);
    expect(await page.locator('#example-note').isVisible()).toBeFalse();
    expect(await page.locator('#advice-text').textContent()).toMatch(/ is the best, but reads only [\d.]+ %/);
    await demo.button('Train another cycle').click();
    await page.locator('#steps').filter({hasText: 'step 16 of 16'}).waitFor();
    await demo.says(/^Finished/);
    expect(await demo.curves('lr-chart')).toEqual([16, 16]);
    expect(await page.locator('#cycles').inputValue()).toBe('2');
    expect(await page.evaluate(() => location.hash)).toContain('&cycles=2&');
    expect(await demo.violations()).toEqual([]);
    await page.locator('#by-loss').click();
    expect(await page.locator('#loss-head').getAttribute('aria-sort')).toBe('ascending');
    expect(await page.locator('#accuracy-head').getAttribute('aria-sort')).toBeNull();
    expect(await page.locator('#measured').textContent()).toMatch(
      /^Sorted by training loss\. Press Accuracy to sort by/,
    );
    const losses = (await demo.results()).map(({loss}) => loss);
    expect(losses).toEqual([...losses].sort((a, b) => a - b));
  });

  it('finds a learning rate and takes it', async () => {
    const {page} = await open();
    await demo.choose({optimizers: ['adam', 'lamb'], digits: 128, batch: 8, schedule: 'constant'});
    await page.locator('#finder-optimizer').selectOption('lamb');
    await demo.button('Find').click();
    const take = page.getByRole('button', {name: /^Use .* for lamb$/});
    await take.click();
    const [, suggested] = present(/^Use (.*) for/.exec(present(await take.textContent())));
    expect(await page.getByLabel('learning rate of lamb').inputValue()).toBe(String(Number(suggested)));
    expect((await demo.curves('finder-chart'))[0]).toBeGreaterThan(20);
    await demo.step(1);
    expect(await page.locator('#lr-chart svg').getAttribute('aria-label')).toContain(`lamb ${suggested}`);
  });

  it('reads a drawn digit, without a mouse one of the test digits', async () => {
    const {page} = await open();
    expect(await page.locator('#answer').textContent()).toMatch(/^Press Train first: /);
    expect(await page.locator('#reader option').allTextContents()).toEqual(['Press Train first']);
    expect(await page.locator('#reader').isDisabled()).toBeTrue();
    expect(await page.locator('#board-hint').isVisible()).toBeTrue();
    await demo.choose({optimizers: ['adam'], digits: 256, batch: 32, epochs: 1});
    await demo.step(2);
    expect(await page.locator('#reader').isEnabled()).toBeTrue();
    const board = page.locator('#board');
    await board.scrollIntoViewIfNeeded();
    const box = await board.boundingBox();
    const {x, y, width, height} = present(box);
    await page.mouse.move(x + width / 2, y + height / 5);
    await page.mouse.down();
    await page.mouse.move(x + width / 2, y + (height * 4) / 5, {steps: 5});
    await page.mouse.up();
    const answer = page.locator('#answer');
    await answer.filter({hasText: /^adam reads \d \([\d.]+ %\)\.$/}).waitFor();
    const shares = (await page.locator('#probabilities .share').allTextContents()).map(parseFloat);
    expect(await page.locator('#board-hint').isVisible()).toBeFalse();
    expect(shares.length).toBe(10);
    expect(Math.abs(shares.reduce((a, b) => a + b) - 100)).toBeLessThan(1);
    expect(await answer.textContent()).toContain(`reads ${shares.indexOf(Math.max(...shares))} `);
    await demo.button('Clear').click();
    expect(await answer.textContent()).toBe('Draw a digit from 0 to 9.');
    await demo.button('A test digit').press('Enter');
    await answer.filter({hasText: /(That is correct|It is \d)\.$/}).waitFor();
  });

  it('works by keyboard alone, and shows where the focus is', async () => {
    const {page} = await open();
    await demo.choose({optimizers: ['adam'], digits: 64, batch: 8, epochs: 1});
    const tabTo = async (id: string) => {
      for (let i = 0; i < 120; i++) {
        await page.keyboard.press('Tab');
        const {focused, outline} = await page.evaluate(() => {
          const {activeElement: active} = document;
          // Between the last element and the first, the focus is nowhere.
          return active === null || active === document.body
            ? {}
            : {focused: active.id, outline: getComputedStyle(active).outlineStyle};
        });
        expect(outline)
          .withContext(`the outline of ${focused ?? 'nothing'}`)
          .not.toBe('none');
        if (focused === id) return;
      }
      fail(`Tab does not reach ${id}.`);
    };
    await page.locator('body').focus();
    await tabTo('backend');
    await tabTo('digits');
    await page.keyboard.type('128');
    await tabTo('step');
    await page.keyboard.press('Enter');
    await demo.says(/^Paused at step 1/);
    await page.keyboard.press('Space');
    await demo.says(/^Paused at step 2/);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('step');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await demo.says(/^Finished/);
    expect(await page.locator('#steps').textContent()).toBe('step 16 of 16');
    await tabTo('save');
    await page.keyboard.press('Enter');
    await demo.says(/^Saved at step 16/);
    await tabTo('held-out');
  });

  it('fits on a phone', async () => {
    const {page} = await open({viewport: {width: 320, height: 640}, hasTouch: true, isMobile: true});
    await demo.choose({optimizers: ['rmsProp', 'ranger'], digits: 64, batch: 8, epochs: 1});
    await demo.button('Train').tap();
    await demo.says(/^Finished/);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    const inside = await page
      .locator('.card')
      .evaluateAll(cards => cards.map(card => card.scrollWidth <= card.clientWidth));
    expect(inside).toEqual(inside.map(() => true));
  });

  it('keeps the setup in the address, so that a reload and a link bring it back', async () => {
    const {page} = await open();
    await demo.choose({optimizers: ['lamb'], digits: 640, batch: 16, epochs: 2, schedule: 'constant'});
    await page.getByLabel('learning rate of lamb').fill('0.07');
    await page.locator('#model').selectOption('mlp');
    await page.locator('#seed').fill('5');
    await page.locator('#seed').press('Enter');
    const hash = () => page.evaluate(() => location.hash);
    expect(await hash()).toBe(
      '#view=digits&backend=wasm&model=mlp&schedule=constant&digits=640&batch=16&epochs=2&cycles=1&seed=5&' +
        'opts=lamb:lr=0.07,tf.train.adam:lr=0.01',
    );
    await page.reload();
    await demo.says(/^Ready/);
    expect(await page.locator('#digits').inputValue()).toBe('640');
    expect(await page.locator('#model').inputValue()).toBe('mlp');
    expect(await page.getByLabel('learning rate of lamb').inputValue()).toBe('0.07');
    expect(await page.locator('#entrants input:checked').count()).toBe(2);
    await page.evaluate(() => {
      location.hash = '#view=digits&batch=9999&epochs=7&opts=sgd,magic';
    });
    const note = page.locator('#link-note');
    await note.filter({hasText: 'Ignored: magic'}).waitFor();
    expect(await note.textContent()).toContain('batch=9999 (it must be a whole number from 8 to 512)');
    expect(await page.locator('#epochs').inputValue()).toBe('7');
  });

  it('pauses while the landscape is shown, and goes on afterwards', async () => {
    const {page} = await open();
    await demo.choose({optimizers: ['adam'], digits: 512, batch: 8, epochs: 2});
    await demo.button('Train').click();
    await page.getByRole('link', {name: 'Landscape'}).click();
    await page.locator('#descents tr').first().waitFor();
    expect(await page.locator('#status').textContent()).toMatch(/^Paused at step \d+\.$/);
    await demo.button('Step').click();
    await page.getByRole('link', {name: 'Digits'}).click();
    await demo.button('Resume').click();
    await demo.says(/^Finished/);
  });

  it('shows the program that does the same', async () => {
    const {page} = await open();
    await demo.choose({optimizers: ['adam'], digits: 640, batch: 64, epochs: 1});
    await page.locator('#digits-code summary').click();
    // The browser says a moment later that the panel is open.
    const program = page.locator('#digits-program').filter({hasText: 'Trains on 640 digits, 1 epoch of 10 steps.'});
    await program.waitFor();
    expect(await program.textContent()).toContain('tf.layers.conv2d');
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`breaks no rule of axe, ${colorScheme}`, async () => {
      await open({colorScheme});
      await demo.choose({optimizers: ['adam'], digits: 64, batch: 8, epochs: 1});
      expect(await demo.violations()).toEqual([]);
      await demo.step(1);
      await demo.button('About adam').click();
      expect(await demo.violations()).toEqual([]);
    });
  }

  it('says what is missing in the form and trains nothing', async () => {
    const {page} = await open();
    await page.locator('#epochs').fill('0');
    await demo.button('Train').click();
    expect(await page.locator('#epochs:invalid').count()).toBe(1);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('epochs');
    expect(await page.getByRole('status').textContent()).toBe('Ready.');
  });
});

describe('centred', () => {
  const WIDTH = 100;
  const drawing = (isInk: (x: number, y: number) => boolean) =>
    Float32Array.from({length: WIDTH * WIDTH}, (_, i) => (isInk(i % WIDTH, Math.floor(i / WIDTH)) ? 1 : 0));
  const inked = (image: Float32Array | undefined) =>
    [...present(image)].flatMap((ink, i) => (ink > 0 ? [{x: i % 28, y: Math.floor(i / 28), ink}] : []));
  const ends = (values: readonly number[]) => [Math.min(...values), Math.max(...values)];

  const cases: ReadonlyArray<
    readonly [name: string, isInk: (x: number, y: number) => boolean, columns: number[], rows: number[]]
  > = [
    ['a large square', (x, y) => x < 100 && y < 100, [4, 23], [4, 23]],
    ['a small square in a corner', (x, y) => x > 92 && y < 7, [4, 23], [4, 23]],
    ['a tall bar', (x, y) => x >= 10 && x < 20 && y >= 30 && y < 80, [12, 15], [4, 23]],
    ['a dot', (x, y) => x === 50 && y === 3, [4, 23], [4, 23]],
    ['a shape with its mass aside, an L', (x, y) => x < 80 && y < 80 && (x < 20 || y >= 70), [8, 27], [2, 21]],
  ];
  for (const [name, isInk, columns, rows] of cases) {
    it(`fits ${name} into 20 pixels, its centre of mass in the middle`, () => {
      const pixels = inked(centred(drawing(isInk), WIDTH));
      expect(ends(pixels.map(({x}) => x))).toEqual(columns);
      expect(ends(pixels.map(({y}) => y))).toEqual(rows);
      expect(Math.max(...pixels.map(({ink}) => ink))).toBeCloseTo(1, 5);
    });
  }

  it('gives nothing for an empty board', () => {
    expect(
      centred(
        drawing(() => false),
        WIDTH,
      ),
    ).toBeUndefined();
  });
});
