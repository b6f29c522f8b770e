import '@tensorflow/tfjs-backend-webgpu';

import * as tf from '@tensorflow/tfjs';

import {CASES} from '../optimizers/cases';
import {type Row, rowOf} from './steps';

interface Asked {
  readonly backends: readonly string[];
  readonly optimizers: readonly string[];
  readonly cases: readonly string[];
  readonly rounds: number;
}

declare global {
  interface Window {
    measure: (asked: Asked) => Promise<{rows: Row[]}>;
    showRow: (row: Row) => Promise<void>;
  }
}

window.measure = async ({backends, optimizers, cases, rounds}) => {
  const found: {rows: Row[]} = {rows: []};
  for (const place of backends) {
    const backend = place === 'webgl1' ? 'webgl' : place;
    tf.env().reset();
    if (place === 'webgl1') tf.env().set('WEBGL_VERSION', 1);
    for (const optimizer of optimizers) {
      for (const each of CASES) {
        if (!cases.includes(each.name)) continue;
        for (const unpacked of backend === 'webgl' ? [false, true] : [false]) {
          const row = {...(await rowOf(backend, optimizer, each, unpacked, rounds)), backend: place};
          found.rows.push(row);
          await window.showRow(row);
        }
      }
    }
  }
  return found;
};
