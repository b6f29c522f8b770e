import {Presets, SingleBar} from 'cli-progress';

/**
 * A progress bar that has not started. If the output is not a terminal, it prints plain lines.
 * @param columns the format of the text beside the bar.
 */
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
 * Shows a progress bar while `work` runs.
 * @param total the number of pieces of the work.
 * @param work must call `advance` after each piece, with the text to show beside the bar.
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
