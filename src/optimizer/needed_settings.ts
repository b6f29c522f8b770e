import {shown} from '../util/shown';

/** The values that other settings must have, so that a setting does something: by its name, then by their names. */
type Needs = Readonly<Record<string, Readonly<Record<string, boolean | string>>>>;

/**
 * Checks the settings of a row. Some do nothing unless other settings have certain values.
 * @param usual the default of each setting. A setting with its default is never refused.
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
