import '@tensorflow/tfjs-backend-wasm';
import '../../src/wasm_training';
import * as tf from '@tensorflow/tfjs';
import {CONTESTANTS, placeOf, rateAt} from './contestants';
import {TASKS} from './tasks';
import {trained} from './trained';
import {defined} from '../../examples/support/lookup';
await tf.setBackend('wasm');
const c = (n: string) => defined(CONTESTANTS.find(({name}) => name === n), n);
console.log(CONTESTANTS.map(x => `${x.name} ${JSON.stringify(x.rates)} ${'searchFrom' in x.rates ? rateAt(placeOf(x.rates.searchFrom)):''}`).join('\n'));
for (const task of TASKS.filter(t => process.argv[2] === undefined || t.name === process.argv[2])) for (const [n, rates] of [['prodigy', [1]], ['adamW', [0.001, 0.0032, 0.01, 0.032]]] as const) for (const schedule of ['constant', 'oneCycle'] as const) for (const lr of rates) {
  const t = performance.now();
  const r = await trained(task, c(n), {task: task.name, optimizer: n, schedule, asked: lr, seed: 2, steps: task.steps});
  console.log(task.name, n, schedule, lr, r.loss, (performance.now() - t | 0), r.stepMs?.median.toFixed(2), r.stateBytes / r.weightBytes, tf.memory().numTensors);
}
