/**
 * The processor's time that this program has used so far, in all its threads, in milliseconds. On a busy machine, it
 * leaves out the time in which other programs run.
 */
export function processorMs(): number {
  const {user, system} = process.cpuUsage();
  return (user + system) / 1000;
}

/** The milliseconds of the processor that `act` takes, in all threads of this program. */
export function processorTimeOf(act: () => void): number {
  const start = processorMs();
  act();
  return processorMs() - start;
}
