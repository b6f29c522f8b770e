import {shown} from '../util/shown';

/** What other settings must be, so that a setting does something: by its name, then by theirs. */
type Needs = Readonly<Record<string, Readonly<Record<string, boolean | string>>>>;

/**
 * Checks the settings of a row, of which some do nothing unless others have certain values.
 * @param usual the default of each setting. One that is given as its default does what it says.
 * @throws for a setting that would do nothing.
 */
export function checkNeeded(factory: string, given: object, needs: Needs, usual: object): void {
  for (const [name, needed] of Object.entries(needs)) {
    const value: unknown = Reflect.get(given, name);
    if (value === undefined || value === Reflect.get(usual, name)) continue;
    for (const [other, wanted] of Object.entries(needed))
      if ((Reflect.get(given, other) ?? Reflect.get(usual, other)) !== wanted)
        throw new Error(`${factory}: '${name}' needs ${other}: ${shown(wanted)}; set it, or leave '${name}' out.`);
  }
}
