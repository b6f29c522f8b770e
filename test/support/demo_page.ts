import axe from 'axe-core';
import type {Browser, BrowserContext, BrowserContextOptions, Locator, Page} from 'playwright-core';

import {present} from './present';

/** What to choose in the form, by names of inputs and selects. `optimizers`: those that train besides tf.train.adam. */
interface Choice {
  readonly backend?: string;
  readonly schedule?: string;
  readonly digits?: number;
  readonly batch?: number;
  readonly epochs?: number;
  readonly optimizers?: readonly string[];
}

/** A row of the results. */
export interface Result {
  readonly name: string;
  readonly loss: number;
  /** The other cells: accuracy, milliseconds of the optimizer and of the step. */
  readonly figures: readonly number[];
}

// Software WebGPU compiles slowly.
const TIMEOUT = 100_000;

/** The demo page in a browser of its own, as a visitor sees it. */
export class DemoPage {
  /** Problems that no visitor would see: errors, failed requests, requests to other hosts. */
  readonly problems: string[] = [];

  private constructor(
    readonly page: Page,
    url: string,
  ) {
    page.setDefaultTimeout(TIMEOUT);
    page.on('console', message => {
      if (message.type() === 'error') this.problems.push(message.text());
    });
    page.on('pageerror', error => {
      this.problems.push(String(error));
    });
    page.on('requestfailed', request => {
      this.problems.push(`${request.url()} failed`);
    });
    page.on('response', response => {
      if (!response.ok()) this.problems.push(`${response.url()} gave ${response.status()}`);
    });
    page.on('request', request => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(url))
        this.problems.push(`${request.url()} is on another host`);
    });
  }

  /** Resolves when the page is ready. @param prepare called before it loads. */
  static async open(
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
    prepare: (context: BrowserContext) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<DemoPage> {
    const context = await browser.newContext(options);
    await prepare(context);
    const demo = new DemoPage(await context.newPage(), url);
    await demo.page.goto(url);
    await demo.page.locator('#train[aria-disabled=false]').waitFor();
    return demo;
  }

  /** The landscape, standing at its start. Resolves when it is ready. @param link its settings. */
  static async openLandscape(
    browser: Browser,
    url: string,
    link: string,
    options: BrowserContextOptions = {},
  ): Promise<DemoPage> {
    const context = await browser.newContext({reducedMotion: 'reduce', ...options});
    const demo = new DemoPage(await context.newPage(), url);
    await demo.page.goto(`${url}#view=landscape&${link}`);
    await demo.page.locator('#descents tr').first().waitFor();
    return demo;
  }

  /** What axe-core finds wrong in the view that is shown: rules, and where they are broken. */
  async violations(): Promise<string[]> {
    await this.page.addScriptTag({content: axe.source});
    const {violations} = await this.page.evaluate<axe.AxeResults>('axe.run(document)');
    return violations.flatMap(({id, nodes}) => nodes.map(node => `${id}: ${node.html}`));
  }

  /** Waits until the status line says so. */
  async says(text: RegExp): Promise<string> {
    const status = this.page.getByRole('status').filter({hasText: text});
    await status.waitFor();
    return present(await status.textContent());
  }

  async choose({optimizers = [], backend = 'wasm', schedule = 'oneCycle', ...numbers}: Choice): Promise<void> {
    await this.page.locator('#backend').selectOption(backend);
    await this.page.locator('#schedule').selectOption(schedule);
    for (const [name, value] of Object.entries(numbers)) await this.page.locator(`#${name}`).fill(String(value));
    // A phone shows the list when it is asked for.
    if (!(await this.page.locator('#entrants').isVisible())) await this.page.locator('#chosen-names').click();
    for (const box of await this.page.locator('#entrants input[type=checkbox]:enabled').all()) {
      await box.setChecked(optimizers.includes(present(await box.getAttribute('value'))));
    }
  }

  button(name: string): Locator {
    return this.page.getByRole('button', {name, exact: true});
  }

  /** Makes `steps` steps, one by one. */
  async step(n: number): Promise<void> {
    const before = await this.page
      .locator('#progress')
      .evaluate(progress => (progress instanceof HTMLProgressElement ? progress.value : NaN));
    for (let i = 1; i <= n; i++) {
      await this.button('Step').click();
      await this.says(new RegExp(`^(Paused at step ${before + i}\\.|Finished\\.)`));
    }
  }

  async results(): Promise<Result[]> {
    const rows = await this.page.locator('#results tr').all();
    return Promise.all(
      rows.map(async row => {
        // This runs in the page. A cell without a text is not a number yet.
        const [name = '', loss, ...figures] = await row
          .locator('th, td:not(.rank)')
          .evaluateAll(cells =>
            cells.map(cell =>
              cell.firstChild?.nodeName === 'svg' ? cell.textContent : (cell.firstChild?.textContent ?? ''),
            ),
          );
        return {name, loss: parseFloat(present(loss)), figures: figures.map(parseFloat)};
      }),
    );
  }

  /** How many points each curve of a chart has: none while it is empty. */
  async curves(chart: string): Promise<number[]> {
    return this.page
      .locator(`#${chart} .curves path`)
      .evaluateAll(paths => paths.map(path => (path.getAttribute('d')?.match(/[ML]/g) ?? []).length));
  }

  /** A fingerprint of what the browser stores of each contestant: weights, optimizer weights, configuration. */
  async stored(): Promise<Record<string, string>> {
    return this.page.evaluate(async () => {
      const settled = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve, reject) => {
          request.onsuccess = () => {
            resolve(request.result);
          };
          request.onerror = () => {
            reject(new Error('IndexedDB'));
          };
        });
      const database = await settled(indexedDB.open('tensorflowjs'));
      const models: unknown[] = await settled(
        database.transaction('models_store').objectStore('models_store').getAll(),
      );
      database.close();
      const member = (x: unknown, name: string): unknown =>
        typeof x === 'object' && x !== null ? Reflect.get(x, name) : undefined;
      const prints: Record<string, string> = {};
      for (const model of models) {
        const artifacts = member(model, 'modelArtifacts');
        const data = member(artifacts, 'weightData');
        if (!(data instanceof ArrayBuffer)) throw new Error('A stored model has no weights.');
        const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
        // Names that exist already get a number, which may differ.
        const config = JSON.stringify(member(artifacts, 'trainingConfig')).replace(/_\d+"/g, '"');
        prints[String(member(member(artifacts, 'userDefinedMetadata'), 'name'))] = `${[...hash].join()} ${config}`;
      }
      return prints;
    });
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
