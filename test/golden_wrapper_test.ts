import {detuplifyPg, OptimWrapper, setItemPg} from '../src';
import {describeBackends} from './support/backends';
import {argument, wrapper} from './support/golden';
import type {Arguments, GoldenArgument, Hypers, WrapperCase} from './support/golden_files.mjs';
import {camelCase, expectHypers, hyperValue} from './support/golden_optimizers';
import {tf} from './support/tfjs';

type Value = boolean | number | number[];
type Of<K extends WrapperCase['kind']> = Extract<WrapperCase, {readonly kind: K}>;
const ofKind = <K extends WrapperCase['kind']>(kind: K) =>
  wrapper.cases.filter((one): one is Of<K> => one.kind === kind);

/** An optimizer whose configuration is a parameter group like PyTorch's. */
class WithParamGroup extends tf.SGDOptimizer {
  readonly #group: Readonly<Record<string, Value>>;

  constructor(group: Readonly<Record<string, Value>>) {
    super(0);
    this.#group = group;
    Object.assign(this, group);
  }

  override getConfig(): tf.serialization.ConfigDict {
    const config: tf.serialization.ConfigDict = {};
    for (const name of Object.keys(this.#group)) Reflect.set(config, name, Reflect.get(this, name));
    return config;
  }
}

function valueOf(given: GoldenArgument): Value {
  const value = argument(given, () => NaN);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (value === null) throw new Error('A hyper is never null.');
  return [...value];
}

function groupOf(values: Arguments): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, valueOf(value)]));
}

/** Hypers as numbers, as they are compared. */
function hypersOf(values: Arguments): Hypers {
  return Object.fromEntries(Object.entries(groupOf(values)).map(([name, value]) => [name, Number(value)]));
}

describeBackends(
  'golden/wrapper.json',
  () => {
    for (const {input, expected} of ofKind('detuplify_pg')) {
      it(`detuplifyPg(${JSON.stringify(input)})`, () => {
        expect(detuplifyPg({...groupOf(input), params: [0, 1, 2]})).toEqual(groupOf(expected));
      });
    }

    for (const {input, key, value, expected} of ofKind('set_item_pg')) {
      it(`setItemPg(${JSON.stringify(input)}, '${key}', ${value})`, () => {
        const group = {...groupOf(input), params: [0, 1, 2]};
        expect(setItemPg(group, key, value)).toBe(group);
        expect(group).toEqual({...groupOf(expected), params: [0, 1, 2]});
      });
    }

    for (const {param_groups: groups, hp_map: given, expect_hypers: expected, ops} of ofKind('wrapper')) {
      it(`OptimWrapper over ${JSON.stringify(groups)}`, () => {
        const inners = groups.map(group => new WithParamGroup(groupOf(group)));
        const params = groups.map(() => [tf.variable(tf.scalar(1))]);
        const hpMap = Object.fromEntries(
          Object.entries(given ?? wrapper.pytorch_hp_map).map(([name, to]) => [name, camelCase(to)]),
        );
        const optimizer = new OptimWrapper(inners, {params, hpMap});
        expectHypers(optimizer, expected.map(hypersOf), 'at first');
        for (const {key, value, expect_error: error, ...after} of ops) {
          const set = () => {
            optimizer.setHyper(camelCase(key), hyperValue(value));
          };
          if (error === undefined) set();
          else
            expect(set).toThrowError(
              key === 'nope' ? /No callback of this optimizer has a hyper 'nope'/ : error.message,
            );
          expectHypers(optimizer, after.expect_hypers.map(hypersOf), `after ${key}`);
          expect(inners.map(inner => inner.getConfig()))
            .withContext(`after ${key}`)
            .toEqual(after.expect_param_groups.map(groupOf));
        }
        optimizer.dispose();
        tf.dispose(params);
      });
    }

    it('setItemPg refuses an unknown member', () => {
      expect(() => setItemPg({betas: [0.9]}, 'betas__1', 0.5)).toThrowError(/member 1 of the list 'betas'/);
    });
  },
  ['cpu'],
);
