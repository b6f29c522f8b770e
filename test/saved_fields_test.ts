import {accumulate, Adam, adam, combine, ema, lin, loadOptimizer, lookahead, poly, saveOptimizer} from '../src';
import {describeBackends} from './support/backends';
import {memoryHandler} from './support/memory_handler';
import {present} from './support/present';
import {tf} from './support/tfjs';

/** A hyper can be so: it trains as the file says, as it would without one. */
const HUGE = 1e300;
/** Values that a field is changed to. */
const ODD: readonly unknown[] = [null, NaN, Infinity, -1, 0.5, HUGE, 'constructor', true, [], [1, 2, 3], {}];

type Place = readonly [holder: Record<string, unknown> | unknown[], key: string];

function isConfig(x: unknown): x is tf.serialization.ConfigDict {
  return typeof x === 'object' && x !== null && !Array.isArray(x);
}

/** Every field of a configuration, at every depth. */
function fieldsOf(x: unknown): Place[] {
  if (typeof x !== 'object' || x === null) return [];
  return Object.keys(x).flatMap(key => [[Object(x), key] as const, ...fieldsOf(Reflect.get(x, key))]);
}

describeBackends(
  'A saved optimizer in which one field was changed',
  () => {
    let variable: tf.Variable;
    beforeEach(() => {
      variable = tf.tidy(() => tf.variable(tf.tensor1d([1, 2]), true, 'altered'));
    });
    afterEach(() => {
      variable.dispose();
    });
    const loss = () => tf.tidy((): tf.Scalar => variable.square().sum());

    async function saved(): Promise<tf.io.ModelArtifacts> {
      const optimizer = ema(lookahead(adam(0.1, {params: [variable], callbacks: accumulate(2)}), {k: 3}));
      optimizer.setSchedule({lr: combine([0.5, 0.5], [lin(0.1, 0.2), poly(0.2, 0.1, 2)])}, {steps: 10});
      optimizer.minimize(loss);
      const handler = memoryHandler();
      await saveOptimizer(optimizer, handler);
      optimizer.dispose();
      return handler.artifacts();
    }

    it('is refused with a clear message and without a leak, or trains with finite numbers', async () => {
      const artifacts = await saved();
      const count = fieldsOf(artifacts.modelTopology).length;
      expect(count).toBeGreaterThan(60);
      for (let i = 0; i < count; i++) {
        for (const by of [...ODD, undefined]) {
          const copy = structuredClone(artifacts);
          const place = fieldsOf(copy.modelTopology)[i];
          if (place === undefined) throw new Error('A field went away.');
          const [holder, key] = place;
          if (by === undefined && Array.isArray(holder)) holder.splice(Number(key), 1);
          else if (by === undefined) Reflect.deleteProperty(holder, key);
          else Reflect.set(holder, key, by);
          await check(copy, `${key}: ${String(by)}`, by !== HUGE);
        }
      }
    });

    async function check(artifacts: tf.io.ModelArtifacts, what: string, finite: boolean): Promise<void> {
      tf.tidy(() => {
        variable.assign(tf.tensor1d([1, 2]));
      });
      const before = tf.memory().numTensors;
      try {
        const optimizer = await loadOptimizer({load: () => Promise.resolve(artifacts)}, {params: [variable]});
        for (let step = 0; step < 4; step++) optimizer.minimize(loss);
        if (finite)
          expect([...(await variable.data())].every(Number.isFinite))
            .withContext(what)
            .toBeTrue();
        optimizer.dispose();
      } catch (error) {
        expect(error instanceof Error && error.constructor === Error)
          .withContext(`${what}: ${String(error)}`)
          .toBeTrue();
        expect(String(error))
          .withContext(what)
          .not.toMatch(/undefined|is not iterable|is not a function|reading '|Cannot /);
      }
      expect(tf.memory().numTensors).withContext(what).toBe(before);
    }
  },
  ['cpu'],
);

describeBackends(
  'A saved optimizer',
  () => {
    type Config = tf.serialization.ConfigDict;
    const groupsOf = ({groups}: Config): Config[] => {
      if (Array.isArray(groups)) return groups.filter(isConfig);
      throw new Error('A configuration has groups.');
    };
    const hypersOf = (group: Config | undefined): Config => {
      const hypers = group?.['hypers'];
      if (isConfig(hypers)) return hypers;
      throw new Error('A group has hypers.');
    };
    /** The layers of a schedule that combines itself. */
    const combined = (depth: number): Config =>
      depth === 0 ? {name: 'lin', start: [1], end: [0]} : {name: 'combined', pcts: [1], parts: [combined(depth - 1)]};
    const refused: Readonly<Record<string, readonly [change: (config: Config) => unknown, says: RegExp]>> = {
      'has a hyper in one of its groups only': [
        config => Reflect.deleteProperty(hypersOf(groupsOf(config)[1]), 'wd'),
        /^The saved optimizer has the hyper 'wd' in group 0 or in group 1; all groups must have the same hypers\.$/,
      ],
      'lists a parameter twice': [
        config => Reflect.set(present(groupsOf(config)[1]), 'params', groupsOf(config)[0]?.['params']),
        /^The saved optimizer lists the parameter 'first' twice; names must be unique\.$/,
      ],
      'combines schedules too deeply': [
        config =>
          Reflect.set(config, 'schedule', {
            steps: 4,
            step: 0,
            hypers: [{name: 'lr', before: [1, 1], schedule: combined(101)}],
          }),
        /^A saved schedule must not combine schedules in more than 100 layers\.$/,
      ],
    };
    for (const [what, [change, says]] of Object.entries(refused)) {
      it(`that ${what} is refused`, () => {
        const variables = tf.tidy(() => ['first', 'second'].map(name => tf.variable(tf.ones([2]), true, name)));
        const optimizer = adam(0.1, {params: variables.map(variable => [variable])});
        const config = structuredClone(optimizer.getConfig());
        change(config);
        expect(() => Adam.fromConfig(Adam, config)).toThrowError(says);
        optimizer.dispose();
        tf.dispose(variables);
      });
    }

    it('is refused by a class that is not one of its optimizers', () => {
      class Stranger extends tf.serialization.Serializable {
        static className = 'Stranger';

        override getConfig(): Config {
          return {};
        }
      }
      const optimizer = adam(0.1);
      expect(() => Adam.fromConfig(Stranger, optimizer.getConfig())).toThrowError(
        'Stranger must be an optimizer of tfjs-optim.',
      );
      optimizer.dispose();
    });

    it('that lacks a hyper has the default of its class, and no default under Lookahead', async () => {
      for (const [make, wanted] of [
        [() => adam(0.1, {wd: 0.5}), 0.01],
        [() => lookahead(adam(0.1, {wd: 0.5})), undefined],
      ] as const) {
        const handler = memoryHandler();
        const optimizer = make();
        await saveOptimizer(optimizer, handler);
        optimizer.dispose();
        const artifacts = handler.artifacts();
        for (const [holder, key] of fieldsOf(artifacts.modelTopology))
          if (key === 'wd') Reflect.deleteProperty(holder, key);
        const loading = loadOptimizer({load: () => Promise.resolve(artifacts)});
        if (wanted === undefined)
          await expectAsync(loading).toBeRejectedWithError(
            /^The saved optimizer lacks the hyper 'wd', which has no default\. Save the optimizer again\.$/,
          );
        else expect((await loading).hypers).toEqual([jasmine.objectContaining({wd: wanted})]);
      }
    });
  },
  ['cpu'],
);
