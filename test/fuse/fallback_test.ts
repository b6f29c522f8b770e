import {adam, callback, Optimizer, required, sgd} from '../../src';
import {fusedBackends} from '../../src/fuse/backends';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {tf} from '../support/tfjs';
import {eagerly, trained} from '../support/trained';

describeBackends(
  "a step that can't be fused",
  backend => {
    let warnings: jasmine.Spy;

    beforeEach(() => {
      warnings = spyOn(console, 'warn');
    });

    it('runs eagerly with the same results and one warning that names the reason', () =>
      leakless(() => {
        const outside = tf.scalar(0.5);
        const odd = callback('oddStep', {hypers: {lr: required}}, ({p, grad, lr}) => ({
          p: p.sub(grad.mul(lr).mul(outside)),
        }));
        const {values, fusedOn} = trained(() => new Optimizer([odd], {lr: 0.1}));
        expectClose(values, trained(() => sgd(0.05)).values, 1e-6);
        expect(fusedOn).toMatch(/^eager: .*mul\(\) with a Tensor/);
        trained(() => new Optimizer([odd], {lr: 0.1}));
        expect(
          warnings.calls.allArgs().filter(([text]) => String(text).includes('mul() with a Tensor')).length,
        ).toBeLessThanOrEqual(1);
        outside.dispose();
      }));

    it('gives the same error for a wrong callback as the eager step', () => {
      const wrong = callback('wrongShape', {}, ({p}) => ({p: p.sum()}));
      expect(() => trained(() => new Optimizer([wrong], {}))).toThrowError(
        /wrongShape returned 'p' of shape \[\]; it must be of shape \[5\]/,
      );
      expect(warnings).not.toHaveBeenCalled();
    });

    it('says once which import is missing, and fuses once it is there', () => {
      const kernels = fusedBackends.get(backend);
      if (kernels === undefined) throw new Error(`There are no kernels for ${backend}.`);
      const why = `the backend ${backend} needs import 'tfjs-optim/${backend}'`;
      const variable = tf.variable(tf.tensor([0.5, -1, 2]));
      const optimizer = adam(0.1);
      const ran = (): string => {
        tf.tidy(() => {
          optimizer.applyGradients({[variable.name]: tf.sin(variable)});
        });
        return optimizer.fusedOn;
      };
      fusedBackends.delete(backend);
      try {
        expect([ran(), ran()]).toEqual([`eager: ${why}`, `eager: ${why}`]);
        expect(eagerly(ran)).toBe('eager: the flag OPTIM_FUSING is off');
      } finally {
        fusedBackends.set(backend, kernels);
      }
      expect(ran()).toBe(backend);
      expect(warnings.calls.allArgs()).toEqual([
        [`tfjs-optim: an optimizer runs without fusing, more slowly: ${why}`],
      ]);
      optimizer.dispose();
      variable.dispose();
    });

    it('is silent where fusing is turned off', () => {
      const {values, fusedOn} = eagerly(() => trained(() => adam(0.1)));
      expect(fusedOn).toBe('eager: the flag OPTIM_FUSING is off');
      expectClose(values, trained(() => adam(0.1)).values, 1e-6);
      expect(warnings).not.toHaveBeenCalled();
    });

    // New structures, which nothing has compiled before.
    const unlike = callback('unlikeStep', {hypers: {lr: required}}, ({p, grad, lr}) => ({
      p: p.sub(grad.mul(lr).add(0).add(0).add(0)),
    }));
    const make = () => new Optimizer([unlike], {lr: 0.1});

    it('runs eagerly where the engine has no vectors', () => {
      const compiled = spyOn(WebAssembly, 'Module').and.throwError(
        new WebAssembly.CompileError(`invalid value type 0x7b, on ${backend}`),
      );
      const {values, fusedOn} = trained(make);
      expect(fusedOn).toMatch(/^eager: .*invalid value type/);
      expectClose(values, eagerly(() => trained(() => sgd(0.1))).values, 1e-6);
      expect(warnings).toHaveBeenCalledTimes(1);
      expect(compiled).withContext('tried once').toHaveBeenCalledTimes(1);
    });
  },
  ['cpu', 'wasm'],
);
