import * as tf from '@tensorflow/tfjs';

import {adam} from '../../src/index';
import {chooseRelaxedSimd, usesRelaxedSimd} from '../../src/wasm/relaxed_simd';
import {processorTimeOf} from '../processor_time';
import {type Measured, pairCompared} from './measure';
import {MLP, MNIST_CONV_NET, MOBILE_NET, RES_NET_20} from './models';
import {Network} from './networks';
import {ms, print} from './table';
import type {Kernels} from './variants';

/** Milliseconds of the processor, and their ratio in the same round. */
export interface RelaxedSimdRow {
  readonly what: string;
  readonly without: Measured;
  readonly with: Measured;
  readonly ratio: Measured;
}

interface Work {
  readonly what: string;
  readonly run: () => void;
  readonly dispose: () => void;
  readonly rounds: number;
}

/**
 * Compares ours without and with relaxed SIMD. One thread computes everything, so the processor's time is its time.
 * @param rounds the number of rounds that are run where a number is asked for.
 */
export function compareRelaxedSimd(kernels: Kernels, rounds: (asked: number) => number): RelaxedSimdRow[] {
  kernels.use('ours');
  chooseRelaxedSimd(true);
  if (!usesRelaxedSimd()) {
    console.log('relaxedSimd is left out: this version of Node has no relaxed SIMD.');
    return [];
  }
  const rows = [...products(), ...steps()].map(work => compare(work, rounds(work.rounds)));
  chooseRelaxedSimd(false);
  print(
    'Ours without and with relaxed SIMD, ms of the processor',
    rows.map(row => ({
      what: row.what,
      without: ms(row.without),
      with: ms(row.with),
      'without / with': ms(row.ratio),
    })),
  );
  return rows;
}

function compare({what, run, dispose}: Work, rounds: number): RelaxedSimdRow {
  const using = (relaxed: boolean) => (): number => {
    chooseRelaxedSimd(relaxed);
    return processorTimeOf(run);
  };
  const {first, second, ratio} = pairCompared(using(false), using(true), rounds);
  dispose();
  return {what, without: first, with: second, ratio};
}

function products(): Work[] {
  return [64, 256, 1024].map(size => {
    const [a, b] = [tf.randomNormal([size, size]), tf.randomNormal([size, size])];
    // A turn takes milliseconds.
    const times = Math.ceil(512 ** 3 / size ** 3);
    return {
      what: `${times} × aᵀ·b, ${size}·${size}`,
      run: () => {
        for (let i = 0; i < times; i++) tf.matMul(a, b, true, false).dispose();
      },
      dispose: () => {
        tf.dispose([a, b]);
      },
      rounds: 30,
    };
  });
}

function steps(): Work[] {
  return [MLP, MNIST_CONV_NET, RES_NET_20, MOBILE_NET].map(model => {
    const network = new Network(model);
    const optimizer = adam(1e-3);
    return {
      what: `step of ${model.name}, batch ${model.batch}`,
      run: () => network.step(optimizer),
      dispose: () => {
        network.dispose();
        optimizer.dispose();
      },
      rounds: 60,
    };
  });
}
