import type {Group} from './groups';

/** An optimizer in one line: class, hypers (a list where the groups differ), groups, steps. */
export function description(className: string, groups: readonly Group[], steps: number): string {
  const hypers = Object.keys(groups[0]?.hypers ?? {}).map(name => {
    const values = groups.map(({hypers: {[name]: value}}) => value);
    return `${name} ${values.every(value => value === values[0]) ? String(values[0]) : `[${values.join(', ')}]`}`;
  });
  const counts = groups.map(({parameters}) => parameters.length);
  return `${className.replace('TfjsOptim', '')} (${[...hypers, `parameters by group: ${counts.join(', ')}`, `steps: ${steps}`].join(', ')})`;
}
