// Made by the bundler: see doc_pages.mjs.
declare module 'docs:blocks' {
  import type {DocContext} from './doc_context';

  interface Block {
    /** Its page, its number there and the heading above it; for an example, its file and what it is an example of. */
    readonly name: string;
    readonly language: string;
    readonly where: 'anywhere' | 'browser' | 'node' | 'gpu' | 'checked';
    /** The text in the page. */
    readonly code: string;
    /** What it prints; undefined where the page does not show it. */
    readonly printed?: string;
    /** The module that it becomes; empty for a language that is not run. */
    readonly source: string;
    /** Runs it; undefined where it can't run here. */
    readonly run: ((context: DocContext) => Promise<void>) | undefined;
  }
  export const blocks: readonly Block[];
}
