import {Presets, SingleBar} from 'cli-progress';

/** A bar that is not started; plain lines where there is no terminal. @param columns what stands beside it. */
export function progressBar(columns: string): SingleBar {
  return new SingleBar(
    {
      format: `{bar} {percentage} % | ${columns}`,
      noTTYOutput: true,
      notTTYSchedule: 2000,
      barsize: 20,
      hideCursor: true,
      linewrap: false,
    },
    Presets.shades_classic,
  );
}

/**
 * Shows a bar while `work` runs.
 * @param total how many pieces the work has.
 * @param work calls what it is given after each of them, with what to show beside the bar.
 */
export async function withProgress<T>(
  total: number,
  work: (advance: (state: string) => void) => Promise<T>,
): Promise<T> {
  const bar = progressBar('{state}');
  bar.start(total, 0, {state: '…'});
  try {
    return await work(state => bar.increment(1, {state}));
  } finally {
    bar.stop();
  }
}
