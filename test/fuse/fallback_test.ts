import {adam, callback, Optimizer, required, sgd} from '../../src';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {tf} from '../support/tfjs';

function trained(make: () => Optimizer, steps = 3): {values: ArrayLike<number>; fusedOn: string} {
  return tf.tidy(() => {
    const variable = tf.variable(tf.tensor([0.5, -1, 2, 3, -4]));
    const optimizer = make();
    for (let i = 0; i < steps; i++) optimizer.applyGradients({[variable.name]: tf.sin(variable)});
    const result = {values: variable.dataSync().slice(), fusedOn: optimizer.fusedOn};
    optimizer.dispose();
    variable.dispose();
    return result;
  });
}

function eagerly<T>(run: () => T): T {
  tf.env().set('OPTIM_FUSING', false);
  const result = run();
  tf.env().set('OPTIM_FUSING', true);
  return result;
}

describeBackends('a step that can\'t be fused', () => {
  let warnings: jasmine.Spy;

  beforeEach(() => { warnings = spyOn(console, 'warn'); });

  it('runs eagerly with the same results and one warning that names the reason', () => leakless(() => {
    const outside = tf.scalar(0.5);
    const odd = callback('oddStep', {hypers: {lr: required}}, ({p, grad, lr}) => ({p: p.sub(grad.mul(lr).mul(outside))}));
    const {values, fusedOn} = trained(() => new Optimizer([odd], {lr: 0.1}));
    expectClose(values, trained(() => sgd(0.05)).values, 1e-6);
    expect(fusedOn).toMatch(/^eager: .*mul\(\) with a Tensor/);
    trained(() => new Optimizer([odd], {lr: 0.1}));
    expect(warnings.calls.allArgs().filter(([text]) => String(text).includes('mul() with a Tensor')).length).toBeLessThanOrEqual(1);
    outside.dispose();
  }));

  it('says what is wrong with a callback as the eager step does', () => {
    const wrong = callback('wrongShape', {}, ({p}) => ({p: p.sum()}));
    expect(() => trained(() => new Optimizer([wrong], {}))).toThrowError(/wrongShape returned 'p' of shape \[\]; it is of shape \[5\]/);
    expect(warnings).not.toHaveBeenCalled();
  });

  it('is silent where fusing is turned off', () => {
    const {values, fusedOn} = eagerly(() => trained(() => adam(0.1)));
    expect(fusedOn).toBe('eager: the flag OPTIM_FUSING is off');
    expectClose(values, trained(() => adam(0.1)).values, 1e-6);
    expect(warnings).not.toHaveBeenCalled();
  });

  it('runs eagerly where WebAssembly can\'t be compiled', () => {
    // A structure of its own: what is compiled already would be used.
    const unlike = callback('unlikeStep', {hypers: {lr: required}}, ({p, grad, lr}) => ({p: p.sub(grad.mul(lr).add(0).add(0).add(0))}));
    spyOn(WebAssembly, 'Module').and.throwError('refused by the policy');
    const {values, fusedOn} = trained(() => new Optimizer([unlike], {lr: 0.1}));
    expect(fusedOn).toMatch(/^eager: .*refused by the policy.*wasm-unsafe-eval/);
    expectClose(values, eagerly(() => trained(() => sgd(0.1))).values, 1e-6);
    expect(warnings).toHaveBeenCalledTimes(1);
  });
}, ['cpu']);
