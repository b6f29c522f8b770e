import type {Page} from 'playwright-core';

/** A program in headless Chrome. */
export interface OpenPage {
  readonly page: Page;
  /** Chrome's version. */
  readonly version: string;
  /** Loads the program. */
  readonly open: () => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** Bundles a program for the browser and starts Chrome for it. TensorFlow.js's binaries are in /wasm/. */
export function openPage(
  entry: string,
  rendering: {readonly gpu?: boolean},
  server?: {readonly isolated?: boolean},
): Promise<OpenPage>;
