/** What links of the README begin with. */
export const REPOSITORY: string;
/** The same for pictures. */
export const PICTURES: string;

/** The file that a link leads to, from the root of the project; undefined where it leads elsewhere. */
export function inRepository(link: string): string | undefined;

/** The pages of a project, by path. */
export function pagesOf(root: string): readonly string[];

/** A fenced block of a page. */
export interface PageBlock {
  readonly language: string;
  readonly code: string;
}

/** The fenced blocks of a page. @param page its name, for the names of the blocks. */
export function blocksOf(text: string, page: string): readonly PageBlock[];
