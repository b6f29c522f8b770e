import {parentPort} from 'node:worker_threads';

import * as tf from '@tensorflow/tfjs';

import {defined} from '../../examples/support/lookup';
import {CONTESTANTS, type Schedule} from './contestants';
import {type Effort, fill, keyOf} from './search';
import {TASKS} from './tasks';
import type {Run} from './trained';

/** A cell, with the runs of it that are known. Names take the place of what can't be sent to another thread. */
export interface Job {
  readonly task: string;
  readonly optimizer: string;
  readonly schedule: Schedule;
  readonly effort: Effort;
  readonly known: readonly Run[];
}

/** What a worker sends: each new run, and 'done' when the cell has all of them. */
export type Message = Run | 'done';

/** Works on the jobs that this thread gets, one after another. */
export async function serve(): Promise<void> {
  const port = defined(parentPort, 'thread that started this one');
  await tf.setBackend('wasm');
  port.on('message', ({task, optimizer, schedule, effort, known}: Job) => {
    const cell = {
      task: defined(
        TASKS.find(({name}) => name === task),
        `task '${task}'`,
      ),
      contestant: defined(
        CONTESTANTS.find(({name}) => name === optimizer),
        `optimizer '${optimizer}'`,
      ),
      schedule,
    };
    const send = (message: Message) => {
      port.postMessage(message);
    };
    fill(cell, effort, new Map(known.map(run => [keyOf(run), run])), send).then(
      () => {
        send('done');
      },
      (error: unknown) => {
        // Ends this thread; the thread that started it gets the error.
        setImmediate(() => {
          throw error;
        });
      },
    );
  });
}
