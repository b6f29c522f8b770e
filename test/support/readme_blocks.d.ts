// Made by the bundler: see readme.mjs.
declare module 'readme:blocks' {
  import type {ReadmeContext} from './readme_context';

  interface Block {
    /** Its number and the heading that it stands under. */
    readonly name: string;
    readonly language: string;
    readonly where: 'anywhere' | 'browser' | 'node';
    /** As it stands in the README. */
    readonly code: string;
    /** The module that it becomes; empty for a language that is not run. */
    readonly source: string;
    /** Runs it; undefined where it can't run here. */
    readonly run: ((context: ReadmeContext) => Promise<void>) | undefined;
  }
  export const blocks: readonly Block[];
}
