import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  lion,
  muon,
  nAdamW,
  oneCycle,
  type Optimizer,
  rmsProp,
  sgd,
} from '../../src';
import {readTorchState, torchStateOf} from '../../src/interchange/torch/torch_state';
import {float32, type TensorFile} from '../../src/interchange/transfer/host_tensor';
import {describeBackends} from '../support/backends';
import {begun, bothSides, expectClose, fileOf, Net, take, type Training} from './support/alone';
import {torchrun} from './support/torchrun';

type Params = ReadonlyArray<ReadonlyArray<ReturnType<Net['of']>[number]>>;

/** An optimizer of ours over groups, and the classes that compute the same. */
interface Case {
  readonly name: string;
  readonly make: (params: Params) => Optimizer;
  readonly classes: readonly string[];
  /** The largest difference of a weight. Default 1e-5. */
  readonly tolerance?: number;
  /** Whether torch's Muon iterates in float32. */
  readonly float32?: true;
}

const lr = [0.02, 0.01, 0.03];
const muonOf = (params: Params) => muon([0.002, 0.001, 0.003], {params, wd: 0.1});
const CASES: readonly Case[] = [
  {name: 'AdamW', make: params => adamW(lr, {params, wd: 0.1}), classes: ['torch.optim.AdamW']},
  {name: "AdamW with fastai's values", make: params => adam(lr, {params}), classes: ['torch.optim.AdamW']},
  {
    name: 'AdamW, given to Adam',
    make: params => adamW(lr, {params, mom: [0.8, 0.9, 0.95], wd: [0.1, 0.2, 0.3]}),
    classes: ['torch.optim.Adam'],
  },
  {name: 'amsgrad', make: params => adamW(lr, {params, amsgrad: true}), classes: ['torch.optim.AdamW']},
  {
    name: 'Adam with L2',
    make: params => adam(lr, {params, decoupleWd: false, wd: 0.1}),
    classes: ['torch.optim.Adam'],
  },
  {name: 'SGD', make: params => sgd(lr, {params, wd: 0.1, decoupleWd: false}), classes: ['torch.optim.SGD']},
  {
    name: 'SGD with momentum',
    make: params => sgd(lr, {params, mom: 0.9, wd: 0.1, decoupleWd: false}),
    classes: ['torch.optim.SGD'],
  },
  {name: 'SGD without decay', make: params => sgd(lr, {params, mom: 0.9}), classes: ['torch.optim.SGD']},
  {
    name: 'SGD with dampening',
    make: params => sgd(lr, {params, mom: 0.9, dampening: 0.5}),
    classes: ['torch.optim.SGD'],
  },
  {
    name: "SGD with Nesterov's momentum",
    make: params => sgd(lr, {params, mom: 0.9, nesterov: true, wd: 0.1, decoupleWd: false}),
    classes: ['torch.optim.SGD'],
  },
  {
    name: 'SGD whose weights decay',
    make: params => sgd(lr, {params, mom: 0.9, wd: 0.1}),
    classes: ['timm.optim.SGDW'],
  },
  {
    name: 'RMSProp',
    make: params => rmsProp(lr, {params, wd: 0.1, decoupleWd: false}),
    classes: ['torch.optim.RMSprop'],
  },
  {
    name: 'Adagrad',
    make: params => adagrad(lr, {params, initialAccumulatorValue: 0.1, lrDecay: 0.01, wd: 0.1, decoupleWd: false}),
    classes: ['torch.optim.Adagrad'],
  },
  {
    name: 'Adadelta',
    make: params => adadelta(lr, {params, wd: 0.1, decoupleWd: false}),
    classes: ['torch.optim.Adadelta'],
  },
  {name: 'Adamax', make: params => adamax(lr, {params}), classes: ['torch.optim.Adamax']},
  {name: 'Lion', make: params => lion(lr, {params, wd: 0.3}), classes: ['timm.optim.Lion']},
  {name: 'NAdamW', make: params => nAdamW(lr, {params, wd: 0.1}), classes: ['timm.optim.NAdamW']},
  {name: 'Muon', make: muonOf, classes: ['torch.optim.Muon', 'torch.optim.AdamW'], tolerance: 1e-2},
  {
    name: 'Muon in float32',
    make: muonOf,
    classes: ['torch.optim.Muon', 'torch.optim.AdamW'],
    tolerance: 1e-4,
    float32: true,
  },
  {
    name: "Muon with Jordan's factor",
    make: params => muon(0.02, {params, lrScale: 'original', nesterov: false, nsSteps: 4}),
    classes: ['torch.optim.Muon', 'torch.optim.AdamW'],
    tolerance: 1e-4,
    float32: true,
  },
];

const STEPS = 20;

describeBackends('optimizers alone, against PyTorch and timm', () => {
  const {python, gradients, exchange} = bothSides('optimizers.py', 2 * STEPS);

  /** An optimizer with three groups, of which the first is frozen. Biases do not decay. */
  const started = (make: Case['make']) =>
    begun(net => {
      const optimizer = make([net.of('stem'), net.of('dense'), net.of('head')]);
      optimizer.freezeTo(1);
      return optimizer;
    });
  const written = (training: Training) => fileOf(training, torchStateOf);
  const inPython = async (
    from: TensorFile,
    first: number,
    last: number,
    {classes, float32, own}: Omit<Case, 'make'> & {readonly own?: object},
  ) => {
    const path = await exchange.write('there', from);
    const options = {path, classes, float32, ...(own && {own}), from: first, to: last};
    await python.call('steps', {...options, gradients: exchange.path('gradients'), out: exchange.path('back')});
    return exchange.read('back');
  };
  const taken = (from: TensorFile, training: Training) => {
    take(from, training, readTorchState);
  };

  for (const {make, tolerance = 1e-5, ...other} of CASES) {
    it(`${other.name}: each alone, ours then theirs, and theirs then ours are the same`, async () => {
      const ours = started(make);
      const theirs = started(make);
      const alone = await inPython(await written(theirs), 0, 2 * STEPS, other);
      gradients.apply(ours.net, ours.optimizer, 0, STEPS);
      const oursThenTheirs = await inPython(await written(ours), STEPS, 2 * STEPS, other);
      gradients.apply(ours.net, ours.optimizer, STEPS, 2 * STEPS);
      const wanted = await ours.net.weights();
      expectClose(alone.tensors, wanted, tolerance);
      expectClose(oursThenTheirs.tensors, wanted, tolerance);
      taken(await inPython(await written(theirs), 0, STEPS, other), theirs);
      expect(theirs.optimizer.hypers).toEqual(ours.optimizer.hypers);
      gradients.apply(theirs.net, theirs.optimizer, STEPS, 2 * STEPS);
      expectClose(await theirs.net.weights(), wanted, tolerance);
      ours.dispose();
      theirs.dispose();
    });
  }

  it('go on in the middle of a one-cycle, in both directions', async () => {
    for (const [make, other] of [
      [(params: Params) => adamW(lr, {params}), {name: '', classes: ['torch.optim.AdamW']}],
      [muonOf, {name: '', classes: ['torch.optim.Muon', 'torch.optim.AdamW'], float32: true as const}],
    ] as const) {
      const scheduled = (params: Params) => {
        const optimizer = make(params);
        optimizer.setSchedule(oneCycle(), {steps: 2 * STEPS});
        return optimizer;
      };
      const ours = started(scheduled);
      const theirs = started(scheduled);
      gradients.apply(ours.net, ours.optimizer, 0, STEPS);
      const oursThenTheirs = await inPython(await written(ours), STEPS, 2 * STEPS, other);
      gradients.apply(ours.net, ours.optimizer, STEPS, 2 * STEPS);
      const wanted = await ours.net.weights();
      const tolerance = other.classes.length > 1 ? 1e-4 : 1e-5;
      expectClose(oursThenTheirs.tensors, wanted, tolerance);
      taken(await inPython(await written(theirs), 0, STEPS, other), theirs);
      expect(theirs.optimizer.schedule?.step).toBe(STEPS);
      gradients.apply(theirs.net, theirs.optimizer, STEPS, 2 * STEPS);
      expectClose(await theirs.net.weights(), wanted, tolerance);
      ours.dispose();
      theirs.dispose();
    }
  });

  it('take over a training that PyTorch began, with its decay of biases', async () => {
    const net = new Net();
    const own = {lr: 0.01, weight_decay: 0.3, amsgrad: false};
    const start = {tensors: await net.weights(), metadata: {}};
    const alone = await inPython(start, 0, 2 * STEPS, {name: '', classes: [], own});
    const begun = await inPython(start, 0, STEPS, {name: '', classes: [], own});
    const optimizer = adamW(0.5);
    taken(begun, {net, optimizer, dispose: () => undefined});
    gradients.apply(net, optimizer, STEPS, 2 * STEPS);
    expectClose(alone.tensors, await net.weights(), 1e-5);
    optimizer.dispose();
    net.dispose();
  });

  it('are left as they are by files that do not fit them', async () => {
    const one = started(params => adamW(lr, {params}));
    gradients.apply(one.net, one.optimizer, 0, 1);
    const file = await written(one);
    const refused = async (options: object, from: TensorFile = file) =>
      python.call('refused', {path: await exchange.write('there', from), class: 'torch.optim.AdamW', ...options});
    expect(await refused({class: 'torch.optim.SGD'})).toEqual([
      'The file has the state of torch.optim.AdamW; got torch.optim.SGD.',
      true,
    ]);
    expect(await refused({without: ['head']})).toEqual([
      "The module has no parameter 'head.weight', which the file trains.",
      true,
    ]);
    const larger = new Map(file.tensors).set('state.head.bias.exp_avg', float32([7], new Float32Array(7)));
    expect(await refused({}, {...file, tensors: larger})).toEqual([
      "'state.head.bias.exp_avg' has the shape [7]; the parameter has [5].",
      true,
    ]);
    one.dispose();
  });

  for (const [name, make, cls] of [
    ['AdamW', params => adamW(lr, {params, wd: 0.1}), 'torch.optim.AdamW'],
    ['SGD with momentum', params => sgd(lr, {params, mom: 0.9}), 'torch.optim.SGD'],
  ] as const satisfies ReadonlyArray<readonly [string, Case['make'], string]>) {
    it(`${name}: go on where FSDP2 shards the parameters over two processes, and come back`, async () => {
      const ours = started(make);
      gradients.apply(ours.net, ours.optimizer, 0, STEPS);
      const path = await exchange.write('there', await written(ours));
      const files = {path, gradients: exchange.path('gradients'), out: exchange.path('back')};
      await torchrun('sharded_optimizers.py', {...files, class: cls, from: STEPS, to: STEPS + 10});
      const theirs = started(make);
      taken(await exchange.read('back'), theirs);
      gradients.apply(theirs.net, theirs.optimizer, STEPS + 10, 2 * STEPS);
      gradients.apply(ours.net, ours.optimizer, STEPS, 2 * STEPS);
      expectClose(await theirs.net.weights(), await ours.net.weights(), 1e-5);
      ours.dispose();
      theirs.dispose();
    });
  }
});
