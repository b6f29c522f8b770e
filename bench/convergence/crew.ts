import {Worker} from 'node:worker_threads';

import type {Cell, Effort} from './search';
import type {Run} from './trained';
import type {Job, Message} from './worker';

/** What the crew tells while it works. */
interface Told {
  readonly onRun: (cell: Cell, run: Run) => void;
  readonly onDone: (cell: Cell) => void;
}

/** Fills all cells, each in one of `workers` threads. @param program the file that serves jobs where it is a worker. */
export async function fillAll(
  program: string,
  workers: number,
  cells: readonly Cell[],
  effort: Effort,
  runsOf: (cell: Cell) => readonly Run[],
  told: Told,
): Promise<void> {
  const waiting = [...cells];
  const works = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const worker = new Worker(program);
    try {
      for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
        await filled(worker, cell, effort, runsOf(cell), told);
        told.onDone(cell);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({length: workers}, works));
}

function filled(worker: Worker, cell: Cell, effort: Effort, known: readonly Run[], {onRun}: Told): Promise<void> {
  const {task, contestant, schedule} = cell;
  return new Promise((resolve, reject) => {
    const onMessage = (message: Message) => {
      if (message !== 'done') onRun(cell, message);
      else {
        worker.off('message', onMessage);
        worker.off('error', reject);
        resolve();
      }
    };
    worker.on('message', onMessage);
    worker.on('error', reject);
    const job: Job = {task: task.name, optimizer: contestant.name, schedule, effort, known};
    worker.postMessage(job);
  });
}
