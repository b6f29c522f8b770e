/** What links of the README begin with. */
export const REPOSITORY: string;

/** The file that a link leads to, from the root of the project; undefined where it leads elsewhere. */
export function inRepository(link: string): string | undefined;

/** The pages of a project, by path. */
export function pagesOf(root: string): readonly string[];
