import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-webgpu';
import {CASES} from '../optimizers/cases';
import {type Row, rowOf} from './steps';

declare global {
  interface Window {
    measureSteps: (backends: string[], optimizers: string[], cases: string, rounds: number) => Promise<Row[]>;
    showRow: (row: Row) => Promise<void>;
  }
}

window.measureSteps = async (backends, optimizers, cases, rounds) => {
  const rows: Row[] = [];
  for (const backend of backends) {
    if (!await tf.setBackend(backend)) throw new Error(`The backend ${backend} did not start.`);
    for (const optimizer of optimizers) {
      for (const each of CASES) {
        if (!each.name.includes(cases)) continue;
        for (const unpacked of backend === 'webgl' ? [false, true] : [false]) {
          const row = await rowOf(optimizer, each, unpacked, rounds);
          rows.push(row);
          await window.showRow(row);
        }
      }
    }
  }
  return rows;
};
