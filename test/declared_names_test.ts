import {callback, Optimizer, required, type Value, zeros} from '../src';
import {describeBackends} from './support/backends';
import {leakless} from './support/leakless';
import {tf} from './support/tfjs';

/** What a program in JavaScript reads, where types don't tell that nothing is there. */
function read(at: object, name: string): number {
  return Number(Reflect.get(at, name));
}

const RULES = {
  'the function': callback('testReads', {hypers: {lr: required}}, at => ({
    p: at.p.sub(at.grad.mul(read(at, 'speed'))),
  })),
  total: callback(
    'testReads',
    {hypers: {lr: required}, total: (at): {sum: Value} => ({sum: at.grad.mul(read(at, 'speed')).sum()})},
    ({p, grad, lr}) => ({p: p.sub(grad.mul(lr))}),
  ),
  group: callback(
    'testReads',
    {hypers: {lr: required}, groupState: {k: 0}, group: at => ({k: read(at, 'speed')})},
    ({p, grad, lr, k}) => ({p: p.sub(grad.mul(lr * k))}),
  ),
  evaluate: callback(
    'testReads',
    {hypers: {lr: required}, evaluate: at => ({p: at.p.mul(read(at, 'speed'))})},
    ({p, grad, lr}) => ({p: p.sub(grad.mul(lr))}),
  ),
};

describeBackends(
  'a callback that reads a name that it does not declare',
  () => {
    afterEach(() => tf.env().set('OPTIM_FUSING', true));

    for (const [where, rule] of Object.entries(RULES))
      for (const fusing of [true, false])
        it(`throws and changes nothing: ${where}, ${fusing ? 'fused' : 'eager'}`, () =>
          leakless(async () => {
            tf.env().set('OPTIM_FUSING', fusing);
            const variable = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
            const optimizer = new Optimizer([rule], {lr: 0.5, params: [variable]});
            const gradients = [{name: variable.name, tensor: tf.tensor1d([2, 4])}];
            const message = new RegExp(
              `^testReads(: ${where})? reads 'speed', which it does not declare; it can read .*\\blr\\b.*\\. Declare`,
            );
            if (where === 'evaluate') {
              optimizer.applyGradients(gradients);
              expect(() => optimizer.eval()).toThrowError(message);
              expect([...(await variable.data())]).toEqual([0, 0]);
            } else {
              expect(() => optimizer.applyGradients(gradients)).toThrowError(message);
              expect([...(await variable.data())]).toEqual([1, 2]);
              expect(optimizer.iterations).toBe(0);
            }
            optimizer.dispose();
            tf.dispose([variable, gradients.map(({tensor}) => tensor)]);
          }));

    it('is told which name it probably meant', () => {
      const rule = callback('testMeant', {hypers: {momentum: 0.9}}, at => ({grad: at.grad.mul(read(at, 'momentun'))}));
      const variable = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
      expect(() => rule({p: variable, grad: variable})).toThrowError(/ Did you mean 'momentum'\? /);
      variable.dispose();
    });

    it('can read what has no value, copy all names, and ask for them', () =>
      leakless(async () => {
        const all: string[] = [];
        const rule = callback(
          'testCopies',
          {hypers: {lr: required}, everyParameter: true, reads: {gradAvg: zeros}},
          ({p, grad, lr, gradAvg, ...others}) => {
            all.push(...Object.keys(others));
            return grad === undefined || gradAvg !== undefined ? {} : {p: p.sub(grad.mul(lr))};
          },
        );
        const variable = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
        const optimizer = new Optimizer([rule], {lr: 0.5, params: [variable]});
        tf.tidy(() => {
          optimizer.applyGradients([{name: variable.name, tensor: tf.tensor1d([2, 4])}]);
        });
        expect([...(await variable.data())]).toEqual([0, 0]);
        expect(new Set(all)).toEqual(new Set(['doWd']));
        optimizer.dispose();
        variable.dispose();
      }));
  },
  ['cpu', 'wasm'],
);
