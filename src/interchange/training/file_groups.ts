import {own} from '../../util/own';
import {GROUPS, jsonIn, malformedEntry} from '../transfer/metadata';

/** A parameter group of the framework on the other side. */
export interface FileGroup {
  /** The class of its optimizer, such as `torch.optim.AdamW`. */
  readonly cls: string;
  /** The names of its parameters. */
  readonly params: readonly string[];
  /** Whether its parameters do not train. */
  readonly frozen: boolean;
  /** The hypers, by the names of the other side. */
  readonly hypers: Readonly<Record<string, unknown>>;
  /** What our optimizer needs in order to move the hypers of this group by its schedules. */
  readonly origin?: Origin | undefined;
}

/** Which hypers of our optimizer a group of the other side has. */
export interface Origin {
  /** The index of the hypers in our optimizer. */
  readonly row: number;
  /** Where our hypers are: the key and, in a tuple, the index. */
  readonly at: Readonly<Record<string, readonly [key: string, index?: number]>>;
}

const OWN = ['class', 'params', 'frozen', 'tfjs'];

/** The groups as metadata: `param_groups.<i>.<key>`, with values in JSON. */
export function writeGroups(groups: readonly FileGroup[]): Record<string, string> {
  return Object.fromEntries(
    groups.flatMap(({cls, params, frozen, hypers, origin}, i) =>
      Object.entries({...hypers, class: cls, params, frozen, ...(origin && {tfjs: origin})}).map(
        ([key, value]) => [`${GROUPS}${i}.${key}`, JSON.stringify(value)] as const,
      ),
    ),
  );
}

/** Reads what `writeGroups` or Python's `save` wrote. Without groups the list is empty. @throws for anything else. */
export function readGroups(metadata: Readonly<Record<string, string>>): FileGroup[] {
  const found = new Map<number, Record<string, unknown>>();
  for (const key of Object.keys(metadata)) {
    if (!key.startsWith(GROUPS)) continue;
    const [, index, name] = /^(0|[1-9]\d{0,5})\.(.+)$/.exec(key.slice(GROUPS.length)) ?? [];
    if (index === undefined || name === undefined) throw malformedEntry(key);
    const values = found.get(Number(index)) ?? {};
    values[name] = jsonIn(metadata, key);
    found.set(Number(index), values);
  }
  const groups = [...found].sort(([a], [b]) => a - b).map(([i, values]) => groupFrom(i, values));
  const names = new Set<string>();
  for (const name of groups.flatMap(({params}) => params)) {
    if (names.has(name)) throw new Error(`The file has the parameter '${name}' in two groups; it must be in one.`);
    names.add(name);
  }
  return groups;
}

function groupFrom(i: number, values: Readonly<Record<string, unknown>>): FileGroup {
  const {class: cls, params, frozen} = values;
  if (typeof cls !== 'string') throw malformedEntry(`${GROUPS}${i}.class`);
  if (!Array.isArray(params) || !params.every(name => typeof name === 'string'))
    throw malformedEntry(`${GROUPS}${i}.params`);
  if (typeof frozen !== 'boolean') throw malformedEntry(`${GROUPS}${i}.frozen`);
  return {
    cls,
    params,
    frozen,
    hypers: Object.fromEntries(Object.entries(values).filter(([key]) => !OWN.includes(key))),
  };
}

/** The number at a key of a group's hypers, or at an index of its list. Undefined where it is not there. */
export function numberAt(
  hypers: Readonly<Record<string, unknown>>,
  [key, index]: readonly [key: string, index?: number],
): number | undefined {
  const value = own(hypers, key);
  const found: unknown = index === undefined ? value : Array.isArray(value) ? value[index] : undefined;
  return typeof found === 'number' ? found : undefined;
}
