import {own} from '../../util/own';

/** What the keys of groups in the metadata begin with. */
export const GROUPS = 'param_groups.';
/** What the names of state tensors begin with: `state.<parameter>.<entry>`. */
export const STATE = 'state.';

/** A value of the metadata, which is JSON. Undefined where it is missing. @throws where it can't be parsed. */
export function jsonIn(metadata: Readonly<Record<string, string>>, key: string): unknown {
  const text = own(metadata, key);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    throw malformedEntry(key);
  }
}

/** The error for metadata that neither this package nor its Python module wrote. */
export function malformedEntry(key: string): Error {
  return new Error(
    `The metadata '${key}' is missing or malformed; write the file with toTorch, or with save() of tfjs_optim.py.`,
  );
}
