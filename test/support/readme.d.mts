/** The fenced blocks of a Markdown text. */
export function blocksOf(text: string): ReadonlyArray<{readonly name: string; readonly language: string; readonly where: string; readonly code: string}>;
