import '@tensorflow/tfjs-backend-webgpu';

import * as tf from '@tensorflow/tfjs';

import {CASES} from '../optimizers/cases';
import {MODEL_NAMES, type ModelRow, modelRowOf} from './models';
import {type Row, rowOf} from './steps';

interface Asked {
  readonly backends: readonly string[];
  readonly optimizers: readonly string[];
  readonly cases: string;
  readonly models: string;
  readonly rounds: number;
}

declare global {
  interface Window {
    measure: (asked: Asked) => Promise<{rows: Row[]; models: ModelRow[]}>;
    showRow: (row: Row) => Promise<void>;
    showModel: (row: ModelRow) => Promise<void>;
  }
}

window.measure = async ({backends, optimizers, cases, models, rounds}) => {
  const found: {rows: Row[]; models: ModelRow[]} = {rows: [], models: []};
  for (const place of backends) {
    const backend = place === 'webgl1' ? 'webgl' : place;
    tf.env().reset();
    if (place === 'webgl1') tf.env().set('WEBGL_VERSION', 1);
    for (const optimizer of optimizers) {
      for (const each of CASES) {
        if (!each.name.includes(cases)) continue;
        for (const unpacked of backend === 'webgl' ? [false, true] : [false]) {
          const row = {...(await rowOf(backend, optimizer, each, unpacked, rounds)), backend: place};
          found.rows.push(row);
          await window.showRow(row);
        }
      }
      for (const model of MODEL_NAMES) {
        if (!model.includes(models)) continue;
        const row = {...(await modelRowOf(backend, optimizer, model, rounds)), backend: place};
        found.models.push(row);
        await window.showModel(row);
      }
    }
  }
  return found;
};
