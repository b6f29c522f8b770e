/**
 * The hypers of a parameter group as in PyTorch, with one entry for each member of a list:
 * `{betas: [0.9, 0.99]}` becomes `{betas__0: 0.9, betas__1: 0.99}`. `params` is left out.
 * @example
 * ```ts
 * detuplifyPg({params: [], lr: 0.1, betas: [0.9, 0.999]}); // → {lr: 0.1, betas__0: 0.9, betas__1: 0.999}
 * ```
 */
export function detuplifyPg(group: object): Record<string, unknown> {
  const members: Array<[string, unknown]> = Object.entries(group);
  return Object.fromEntries(
    members
      .filter(([name]) => name !== 'params')
      .flatMap(([name, value]) =>
        Array.isArray(value)
          ? value.map((member: unknown, i): [string, unknown] => [`${name}__${i}`, member])
          : [[name, value]],
      ),
  );
}

/**
 * Sets a hyper of a parameter group by its name in the result of `detuplifyPg`. A list is replaced, not changed.
 * @returns the same group.
 * @throws where the name is that of a list member that the group does not have.
 * @example
 * ```ts
 * setItemPg({lr: 0.1, betas: [0.9, 0.999]}, 'betas__0', 0.8); // → {lr: 0.1, betas: [0.8, 0.999]}
 * ```
 */
export function setItemPg<G extends object>(group: G, name: string, value: unknown): G {
  // No match: the name is not that of a list member.
  const [, listName, position] = /^(.+)__(\d+)$/.exec(name) ?? [];
  if (listName === undefined) {
    Reflect.set(group, name, value);
    return group;
  }
  const list: unknown = Reflect.get(group, listName);
  const index = Number(position);
  if (!Array.isArray(list) || index >= list.length) {
    throw new Error(
      `'${name}' names member ${index} of the list '${listName}', which this parameter group does not have.`,
    );
  }
  Reflect.set(
    group,
    listName,
    list.map((member: unknown, i) => (i === index ? value : member)),
  );
  return group;
}
