// Reads the processor time of processes, for `--times`: on a busy machine, seconds of the clock say little.
import {readdirSync, readFileSync} from 'node:fs';

// Linux counts in hundredths of a second on every architecture that Node supports.
const TICKS = 100;

function processes() {
  const found = new Map();
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    let stat;
    try {
      stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    } catch {
      // The process ended after the folder was listed. Its time is in its parent's now.
      continue;
    }
    // The name of the program, in parentheses, may contain spaces.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent] = fields;
    // Its own time, and that of its children that ended.
    found.set(Number(pid), {parent, ticks: fields.slice(11, 15).reduce((sum, ticks) => sum + ticks, 0)});
  }
  return found;
}

/**
 * The processor time in seconds that processes and all their descendants took until now; undefined where the system is
 * not Linux.
 * @param isRoot says of a child of this process, by its id, whether it counts.
 */
export function cpuSeconds(isRoot) {
  if (process.platform !== 'linux') return undefined;
  const all = processes();
  const counts = pid => {
    const {parent} = all.get(pid) ?? {};
    if (parent === undefined) return false;
    return parent === process.pid ? isRoot(pid) : counts(parent);
  };
  return [...all].reduce((sum, [pid, {ticks}]) => (counts(pid) ? sum + ticks / TICKS : sum), 0);
}
