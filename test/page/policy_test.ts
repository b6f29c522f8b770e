import {callback, Optimizer, required, sgd} from '../../src';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {replaceMethod} from '../support/replace_method';
import {eagerly, trained} from '../support/trained';

/** On all backends together, because no warning comes twice. */
let policyWarnings = 0;

describeBackends(
  'a step on a page with a policy',
  () => {
    it('runs eagerly where the policy of the page forbids WebAssembly', async () => {
      const warnings = spyOn(console, 'warn');
      // A new structure, which nothing has compiled before.
      const unlike = callback('unlikeStep', {hypers: {lr: required}}, ({p, grad, lr}) => ({
        p: p.sub(grad.mul(lr).add(0).add(0).add(0)),
      }));
      const make = () => new Optimizer([unlike], {lr: 0.1});
      const frame = document.createElement('iframe');
      frame.srcdoc = '<meta http-equiv="Content-Security-Policy" content="script-src \'unsafe-inline\'">';
      await new Promise(loaded => {
        frame.onload = loaded;
        document.body.append(frame);
      });
      const its: unknown = frame.contentWindow !== null && Reflect.get(frame.contentWindow, 'WebAssembly');
      if (typeof its !== 'object' || its === null) throw new Error('The page has no WebAssembly.');
      // It is called with new, so it can't be an arrow function.
      const restore = replaceMethod(
        WebAssembly,
        'Module',
        () =>
          function refused(binary) {
            const compile: unknown = Reflect.get(its, 'Module');
            if (typeof compile !== 'function') throw new Error('The page has no WebAssembly.Module.');
            const compiled: unknown = Reflect.construct(compile, [binary]);
            return compiled;
          },
      );
      const {values, fusedOn} = trained(make);
      expect(fusedOn).toMatch(/^eager: .*Content Security Policy.*wasm-unsafe-eval/);
      expectClose(values, eagerly(() => trained(() => sgd(0.1))).values, 1e-6);
      policyWarnings += warnings.calls.count();
      expect(policyWarnings).toBe(1);
      restore();
      frame.remove();
    });
  },
  ['cpu', 'wasm'],
);
