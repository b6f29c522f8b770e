import {adam, type Optimizer} from '../../src';
import {assertWasmBackend, memoryOf} from '../../src/wasm/backend';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {tf} from '../support/tfjs';

function step(optimizer: Optimizer, variable: tf.Variable): void {
  tf.tidy(() => { optimizer.applyGradients({[variable.name]: tf.onesLike(variable)}); });
}

function variableOfOnes(): tf.Variable {
  return tf.tidy(() => tf.variable(tf.ones([1000])));
}

function adamAlone(steps: number): Float32Array {
  return Float32Array.from({length: 1000}, () => 1 - steps * 0.1);
}

describeBackends('a fused step on the memory of tfjs', () => {
  it('goes on where the memory has grown', () => leakless(() => {
    const variable = variableOfOnes();
    const optimizer = adam(0.1, {wd: 0, eps: 1e-8});
    step(optimizer, variable);
    const memory = memoryOf(assertWasmBackend(tf.backend()));
    const {byteLength} = memory.buffer;
    tf.zeros([Math.ceil(byteLength / 4)]).dispose();
    expect(memory.buffer.byteLength).toBeGreaterThan(byteLength);
    step(optimizer, variable);
    expectClose(variable.dataSync(), adamAlone(2), 1e-5);
    tf.dispose(variable);
    optimizer.dispose();
  }));

  it('changes nothing where there is no memory for it', () => leakless(() => {
    const variable = variableOfOnes();
    const optimizer = adam(0.1, {wd: 0, eps: 1e-8});
    const backend = assertWasmBackend(tf.backend());
    const make = backend.makeOutput.bind(backend);
    let made = 0;
    const full = spyOn(backend, 'makeOutput').and.callFake((shape, dtype) => {
      if (made++ > 0) throw new Error('out of memory');
      return make(shape, dtype);
    });
    const gradients = {[variable.name]: tf.tidy(() => tf.onesLike(variable))};
    // The first step has to make both averages.
    made = 0;
    expect(() => { optimizer.applyGradients(gradients); }).toThrowError('out of memory');
    full.and.callThrough();
    expectClose(variable.dataSync(), adamAlone(0), 0);
    expect(optimizer.state.get(variable)).toEqual({});
    optimizer.applyGradients(gradients);
    expectClose(variable.dataSync(), adamAlone(1), 1e-5);
    tf.dispose([variable, gradients]);
    optimizer.dispose();
  }));
}, ['wasm']);
