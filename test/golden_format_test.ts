import * as golden from './support/golden';

const CASES = {
  callbacks: 76,
  hypers: 65,
  adam: 11,
  custom: 21,
  lamb: 11,
  larc: 22,
  lookahead: 37,
  qhadam: 11,
  radam: 21,
  ranger: 11,
  rmsprop: 22,
  sgd: 20,
  scheduleFunctions: 29,
  scheduleLrFind: 9,
  scheduleTraces: 10,
  wrapper: 7,
};

const files = {
  ...golden.optimFiles,
  callbacks: golden.callbacks,
  hypers: golden.hypers,
  scheduleFunctions: golden.scheduleFunctions,
  scheduleLrFind: golden.scheduleLrFind,
  scheduleTraces: golden.scheduleTraces,
  wrapper: golden.wrapper,
};

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

describe('the golden files', () => {
  it('are complete, with all their cases', () => {
    const counts = Object.entries(files).map(([name, {cases}]) => [name, cases.length]);
    expect(Object.fromEntries(counts)).toEqual(CASES);
    for (const {format} of Object.values(files)) expect(format).toBe('fastai-optim-golden/1');
  });

  it('write NaN and the infinities as words', () => {
    expect(golden.numbers(['nan', 'inf', '-inf', 0.5])).toEqual([NaN, Infinity, -Infinity, 0.5]);
  });

  it('write arguments that JSON lacks as objects', () => {
    const slice = (start: number | null, end: number) => ({start, end});
    expect(golden.argument({$slice: [null, 1]}, slice)).toEqual({start: null, end: 1});
    expect(golden.argument({$array: [1, 2]}, slice)).toEqual(Float64Array.of(1, 2));
    expect(golden.argument({$tuple: [1, 2]}, slice)).toEqual([1, 2]);
    expect(golden.argument([1, 2], slice)).toEqual([1, 2]);
    expect(golden.argument(true, slice)).toBeTrue();
    expect(golden.argument('inf', slice)).toBe(Infinity);
  });

  it('list a value for every batch of a schedule', () => {
    for (const {phases, n_groups} of golden.scheduleTraces.cases) {
      for (const {hypers, pct} of phases) {
        for (const trace of Object.values(hypers)) {
          const groups = 'constant' in trace ? [trace.constant] : trace;
          if (!('constant' in trace)) expect(trace.length).toBe(pct.length);
          for (const values of groups) expect(values.length).toBe(n_groups);
        }
      }
    }
  });

  it('end an lr_find with as many losses as learning rates', () => {
    for (const one of golden.scheduleLrFind.cases) {
      expect(golden.numbers(one.kind === 'lr_find' ? one.smooth_losses : one.losses).length).toBe(one.lrs.length);
    }
  });

  it('keep parameter and gradient of a callback in its shape', () => {
    for (const {fn, shape, param, grad, expected} of golden.callbacks.cases) {
      const lengths = [param, grad, expected.param, expected.grad].map(one => one.length);
      expect(lengths)
        .withContext(fn)
        .toEqual(Array.from({length: 4}, () => sizeOf(shape)));
    }
  });
});

for (const [name, {cases}] of Object.entries(golden.optimFiles)) {
  describe(`golden/optim_${name}.json`, () => {
    it('has a gradient or null, and a result, for every parameter at every step', () => {
      for (const one of cases) {
        const parameters = one.groups.flat();
        const sizes = parameters.map(({shape}) => sizeOf(shape));
        expect(parameters.map(({init}) => init.length))
          .withContext(one.name)
          .toEqual(sizes);
        for (const grads of one.grads) {
          expect(grads.map((grad, i) => grad?.length ?? sizes[i]))
            .withContext(one.name)
            .toEqual(sizes);
        }
        for (const {params, state} of [one.expected.f64, one.expected.f32]) {
          expect(params.length).withContext(one.name).toBe(one.grads.length);
          expect(state.length).withContext(one.name).toBe(sizes.length);
          for (const step of params)
            expect(step.map(({length}) => length))
              .withContext(one.name)
              .toEqual(sizes);
        }
      }
    });

    it('is finite and nearly the same in both precisions, except where it is marked', () => {
      for (const {name: caseName, expected} of cases.filter(({overflow}) => !overflow)) {
        expect(expected.f32_f64_gap).withContext(caseName).toBeLessThan(1e-6);
        const all = [expected.f64, expected.f32].flatMap(({params}) => params.flat(2)).map(golden.number);
        expect(all.every(Number.isFinite)).withContext(caseName).toBeTrue();
      }
    });

    it('starts from numbers that float32 holds exactly', () => {
      for (const {groups, grads} of cases) {
        const starts = [...groups.flat().flatMap(({init}) => init), ...grads.flat().flatMap(grad => grad ?? [])];
        expect(starts.every(value => Math.fround(value) === value)).toBeTrue();
      }
    });
  });
}
