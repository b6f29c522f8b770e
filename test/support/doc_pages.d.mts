/** The pages of a project, by path. */
export function pagesOf(root: string): readonly string[];
