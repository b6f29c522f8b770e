import {
  accumulate,
  adagrad,
  Adam,
  adam,
  adamW,
  adan,
  clipGlobalNorm,
  lamb,
  lookahead,
  muon,
  oneCycle,
  type Optimizer,
  rAdam,
  ranger,
  rmsProp,
  sgd,
} from '../../src';
import {fastaiStateOf, readFastaiState} from '../../src/interchange/fastai/fastai_state';
import {readTorchState, torchStateOf} from '../../src/interchange/torch/torch_state';
import {float32, type HostTensor, scalar, type TensorFile} from '../../src/interchange/transfer/host_tensor';
import {same} from '../../src/interchange/transfer/layout';
import {Gradients, Net} from '../python/support/alone';
import {describeBackends} from '../support/backends';
import {present} from '../support/present';
import {tf} from '../support/tfjs';

type Edit = (file: {tensors: Map<string, HostTensor>; metadata: Record<string, string>}) => void;

describeBackends('the state of optimizers for PyTorch and fastai', backend => {
  /** What is damaged does not depend on the backend. */
  const damagedFiles = backend === 'wasm' ? 1000 : 100;
  let net: Net;
  let gradients: Gradients;
  let warned: jasmine.Spy<typeof console.warn>;
  const made: Optimizer[] = [];
  beforeEach(() => {
    net = new Net();
    gradients = new Gradients();
    gradients.make(4);
    warned = spyOn(console, 'warn');
  });
  afterEach(() => {
    for (const optimizer of made.splice(0)) optimizer.dispose();
    gradients.dispose();
    net.dispose();
  });

  /** An optimizer that has made some steps on the net. */
  const trained = <O extends Optimizer>(optimizer: O, steps = 2): O => {
    made.push(optimizer);
    // Optimizers with `params` have theirs.
    if (optimizer.paramLists.flat().length === 0) optimizer.attach(net.variables);
    gradients.apply(net, optimizer, 0, steps);
    return optimizer;
  };
  const there = (optimizer: Optimizer) => torchStateOf(optimizer, net.counterparts);
  const edited = ({tensors, metadata}: TensorFile, edit: Edit): TensorFile => {
    const copy = {tensors: new Map(tensors), metadata: {...metadata}};
    edit(copy);
    return copy;
  };
  /** Everything that an optimizer and its variables have, as plain data. */
  const everything = (optimizer: Optimizer) => {
    const dict = optimizer.stateDict();
    const plain = (value: unknown) => (value instanceof tf.Tensor ? Array.from(value.dataSync()) : value);
    const all = {
      ...dict,
      state: dict.state.map(entries => Object.entries(entries).map(([name, value]) => [name, plain(value)])),
      weights: net.variables.map(plain),
    };
    for (const entries of dict.state)
      for (const value of Object.values(entries)) if (value instanceof tf.Tensor) value.dispose();
    return all;
  };
  /** Expects that reading fails with this message and changes nothing. */
  const refuses = (file: TensorFile, optimizer: Optimizer, message: RegExp, read = readTorchState) => {
    const before = everything(optimizer);
    const {numTensors} = tf.memory();
    expect(() => {
      read(file, optimizer, net.counterparts)();
    }).toThrowError(message);
    expect(everything(optimizer)).toEqual(before);
    expect(tf.memory().numTensors).toBe(numTensors);
  };

  it('write tensors by the names of the module, and groups that are divided by decay', async () => {
    const {tensors, metadata} = await there(trained(adamW(0.01, {wd: 0.1})));
    expect([...tensors.keys()].slice(0, 3)).toEqual([
      'state.stem.weight.exp_avg',
      'state.stem.weight.exp_avg_sq',
      'state.stem.weight.step',
    ]);
    expect(present(tensors.get('state.stem.weight.exp_avg')).shape).toEqual([8, 6]);
    expect(tensors.get('state.stem.weight.step')).toEqual(scalar(2));
    expect(metadata).toEqual({
      'param_groups.0.class': '"torch.optim.AdamW"',
      'param_groups.0.params': '["stem.weight","dense.weight","head.weight"]',
      'param_groups.0.frozen': 'false',
      'param_groups.0.lr': '0.01',
      'param_groups.0.betas': '[0.9,0.999]',
      'param_groups.0.eps': '1e-8',
      'param_groups.0.weight_decay': '0.1',
      'param_groups.0.decoupled_weight_decay': 'true',
      'param_groups.0.amsgrad': 'false',
      'param_groups.0.tfjs':
        '{"row":0,"at":{"lr":["lr"],"mom":["betas",0],"sqrMom":["betas",1],"eps":["eps"],"wd":["weight_decay"]}}',
      'param_groups.1.class': '"torch.optim.AdamW"',
      'param_groups.1.params': '["stem.bias","dense.bias","head.bias"]',
      'param_groups.1.frozen': 'false',
      'param_groups.1.lr': '0.01',
      'param_groups.1.betas': '[0.9,0.999]',
      'param_groups.1.eps': '1e-8',
      'param_groups.1.weight_decay': '0',
      'param_groups.1.decoupled_weight_decay': 'true',
      'param_groups.1.amsgrad': 'false',
      'param_groups.1.tfjs': '{"row":0,"at":{"lr":["lr"],"mom":["betas",0],"sqrMom":["betas",1],"eps":["eps"]}}',
      iterations: '2',
    });
  });

  it('leave no tensors behind', async () => {
    const optimizer = trained(adamW(0.01));
    const {numTensors} = tf.memory();
    const file = await there(optimizer);
    readTorchState(file, optimizer, net.counterparts)();
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  for (const [name, make, message] of [
    [
      'lamb',
      () => lamb(0.01),
      /No optimizer of PyTorch .* computes weightDecay, averageGrad, .*lambStep\. .*lossy: true/,
    ],
    ['adan', () => adan(0.01), /No optimizer of PyTorch .* computes adanDecay, /],
    [
      'rmsProp with momentum',
      () => rmsProp(0.01, {mom: 0.9}),
      /RMSprop does not have the callback averageGrad \(with its state gradAvg\)/,
    ],
    [
      'rmsProp that decays weights',
      () => rmsProp(0.01, {wd: 0.1}),
      /torch.optim.RMSprop does not have a decay that acts on the weights/,
    ],
    [
      'adamW that clips',
      () => adamW(0.01, {callbacks: [clipGlobalNorm], globalClipNorm: 1}),
      /AdamW does not have the callback clipGlobalNorm\. Pass lossy: true to go on without it/,
    ],
    [
      'lookahead',
      () => lookahead(adam(0.01)),
      /AdamW does not have the callback lookaheadSync \(with its state slow, count\)/,
    ],
    [
      'muon with other coefficients',
      () => muon(0.01, {coefficients: 'quintic'}),
      /torch.optim.Muon does not have the 'coefficients'/,
    ],
    [
      'muon with another factor',
      () => muon(0.01, {lrScale: 'rmsToRms'}),
      /torch.optim.Muon does not have the 'lrScale' rmsToRms/,
    ],
  ] as const) {
    it(`are refused for ${name}`, async () => {
      await expectAsync(there(trained(make()))).toBeRejectedWithError(message);
      expect(warned).not.toHaveBeenCalled();
    });
  }

  it('have what remains, with one warning, where they are lossy', async () => {
    const file = await torchStateOf(trained(lamb(0.01)), net.counterparts, {lossy: true});
    expect(warned.calls.allArgs()).toEqual([
      [
        'tfjs-optim: what PyTorch does not have is left out of the file: torch.optim.AdamW does not have the step ' +
          'of weightDecay, averageGrad, averageSqrGrad, stepStat, lambStep, and makes its own from that state.',
      ],
    ]);
    expect(file.tensors.size).toBe(18);
    const other = trained(adamW(0.01));
    readTorchState(file, other, net.counterparts)();
    expect(other.hypers[0]?.['eps']).toBe(1e-5);
  });

  it("can't have kernels of Muon that have more than two axes", async () => {
    const kernel = tf.variable(tf.randomNormal([3, 3, 8, 8], 0, 1, 'float32', 1), true, 'conv/kernel');
    const optimizer = muon(0.01, {params: [kernel]});
    const counterpart = {variable: kernel, name: 'conv.weight', layout: same, isParameter: true};
    await expectAsync(torchStateOf(optimizer, [counterpart])).toBeRejectedWithError(
      /torch\.optim\.Muon trains matrices only; 'conv\.weight' has the shape \[3,3,8,8\]/,
    );
    optimizer.dispose();
    kernel.dispose();
  });

  it('need parameters', async () => {
    await expectAsync(torchStateOf(adam(0.1), [])).toBeRejectedWithError(
      'The optimizer trains none of these weights; make it with the `params` of this model, or without.',
    );
  });

  it('need a counterpart for each parameter', async () => {
    const other = tf.variable(tf.zeros([2]), true, 'other');
    const optimizer = adamW(0.01, {params: [other]});
    await expectAsync(there(optimizer)).toBeRejectedWithError(
      /The optimizer trains 'other', which has no counterpart/,
    );
    optimizer.dispose();
    other.dispose();
  });

  it('are read into an optimizer that has not made a step', async () => {
    const file = await there(trained(adamW(0.01, {wd: 0.1}), 3));
    const fresh = adamW(0.5);
    made.push(fresh);
    readTorchState(file, fresh, net.counterparts)();
    expect(fresh.hypers).toEqual([{lr: 0.01, mom: 0.9, sqrMom: 0.999, eps: 1e-8, wd: 0.1}]);
    expect(fresh.iterations).toBe(3);
    expect(fresh.paramLists).toEqual([net.variables]);
    const again = await there(fresh);
    expect(again).toEqual(file);
  });

  for (const [name, params] of [
    ['all variables', () => undefined],
    ['named parameters', () => [net.of('dense'), net.of('head')]],
  ] as const) {
    it(`have what was loaded and waits for its variables, with ${name}`, async () => {
      const optimizer = trained(adamW(0.01, {params: params()}));
      const file = await there(optimizer);
      const loaded = Adam.fromConfig<Adam>(Adam, optimizer.getConfig());
      made.push(loaded);
      await loaded.setWeights(await optimizer.getWeights());
      expect(await there(loaded)).toEqual(file);
    });
  }

  it('do not give an optimizer parameters that its `params` do not name', async () => {
    const file = await there(trained(adamW(0.01, {params: [net.of('dense', 'head')]})));
    const other = adamW(0.5, {params: [net.of('dense', 'head')]});
    made.push(other);
    readTorchState(file, other, net.counterparts)();
    expect(other.paramLists).toEqual([net.of('dense', 'head')]);
    const smaller = adamW(0.5, {params: [net.of('head')]});
    made.push(smaller);
    refuses(file, smaller, /trains 'dense\.weight', 'dense\.bias'; this one does not/);
    const larger = trained(adamW(0.5));
    refuses(file, larger, /does not train 'stem\.weight', 'stem\.bias'/);
  });

  it('freeze what is frozen there, and thaw what trains there', async () => {
    const params = [net.of('stem'), net.of('dense'), net.of('head')];
    const trains = (optimizer: Optimizer) => optimizer.summary().map(({trainable}) => trainable);
    const change: ReadonlyArray<readonly [name: string, frozenIdx: number, freeze: (optimizer: Adam) => void]> = [
      ['freezeTo', 2, optimizer => optimizer.freezeTo(2)],
      ['everything', 3, optimizer => optimizer.freezeTo(3)],
      ['one in the middle', 0, optimizer => optimizer.setFreeze(1, false)],
      [
        'some of a group',
        1,
        optimizer => {
          optimizer.state.set(present(net.of('stem')[0]), {forceTrain: true});
          optimizer.freezeTo(1);
        },
      ],
      ['nothing', 0, optimizer => optimizer.unfreeze()],
    ];
    for (const [name, frozenIdx, freeze] of change) {
      const optimizer = trained(adamW(0.01, {params}));
      freeze(optimizer);
      const other = trained(adamW(0.01, {params}));
      if (name === 'nothing') other.freezeTo(2);
      readTorchState(await there(optimizer), other, net.counterparts)();
      expect(trains(other)).withContext(name).toEqual(trains(optimizer));
      expect(other.frozenIdx).withContext(name).toBe(frozenIdx);
      expect(await there(other))
        .withContext(name)
        .toEqual(await there(optimizer));
    }
    // What belongs to layers that are not trainable says nothing about a group.
    const [fixed] = net.of('stem');
    present(fixed).trainable = false;
    const optimizer = trained(adamW(0.01, {params}));
    const other = trained(adamW(0.01, {params}));
    readTorchState(await there(optimizer), other, net.counterparts)();
    expect(trains(other)).toEqual([false, true, true, true, true, true]);
    present(fixed).trainable = true;
    expect(trains(other)).toEqual(new Array(6).fill(true));
  });

  it('decay what PyTorch decays', async () => {
    const optimizer = trained(adamW(0.01));
    const file = edited(await there(optimizer), ({metadata}) => {
      metadata['param_groups.0.weight_decay'] = '0.2';
      metadata['param_groups.1.weight_decay'] = '0.2';
    });
    readTorchState(file, optimizer, net.counterparts)();
    expect(optimizer.hypers[0]?.['wd']).toBe(0.2);
    expect(optimizer.summary().every(({decay}) => decay)).toBe(true);
    const none = edited(file, ({metadata}) => {
      metadata['param_groups.0.weight_decay'] = '0';
      metadata['param_groups.1.weight_decay'] = '0';
    });
    readTorchState(none, optimizer, net.counterparts)();
    expect(optimizer.hypers[0]?.['wd']).toBe(0);
    const different = edited(file, ({metadata}) => {
      metadata['param_groups.1.weight_decay'] = '0.1';
    });
    refuses(
      different,
      optimizer,
      /'weight_decay' is 0\.2 and 0\.1 in the file for parameters that are in one group here/,
    );
  });

  for (const [name, message, edit] of [
    ['no optimizer', /has no state of an optimizer/, file => (file.metadata = {})],
    [
      'another class',
      /has the state of torch\.optim\.Adadelta, which does not compute what weightDecay, averageGrad,/,
      file => setClass(file.metadata, 'torch.optim.Adadelta'),
    ],
    [
      'an unknown class',
      /has the state of my\.Own, which this package does not know\. It knows torch\.optim\.AdamW,/,
      file => setClass(file.metadata, 'my.Own'),
    ],
    [
      'decay of another kind',
      /Adam adds the decay to the gradient; this optimizer decays the weights\. Make it with decoupleWd: false/,
      file => setClass(file.metadata, 'torch.optim.Adam', false),
    ],
    [
      'amsgrad',
      /'amsgrad' of torch\.optim\.AdamW is true in the file, and false is what this optimizer computes/,
      file => (file.metadata['param_groups.0.amsgrad'] = 'true'),
    ],
    [
      'maximize',
      /'maximize' of torch\.optim\.AdamW is true/,
      file => (file.metadata['param_groups.0.maximize'] = 'true'),
    ],
    [
      'different rates in a group',
      /'lr' is 0\.01 and 0\.02 in the file for parameters that are in one group here/,
      file => (file.metadata['param_groups.1.lr'] = '0.02'),
    ],
    [
      'different averages in a group',
      /'betas\[1\]' is 0\.999 and 0\.9 in the file/,
      file => (file.metadata['param_groups.1.betas'] = '[0.9,0.9]'),
    ],
    [
      'no rate',
      /The file has no number 'lr' for torch\.optim\.AdamW/,
      file => delete file.metadata['param_groups.0.lr'],
    ],
    [
      'an impossible average',
      /'mom' must be in \[0, 1\); got 1/,
      file => (file.metadata['param_groups.0.betas'] = file.metadata['param_groups.1.betas'] = '[1,0.999]'),
    ],
    [
      'malformed metadata',
      /The metadata 'param_groups\.0\.lr' is missing or malformed/,
      file => (file.metadata['param_groups.0.lr'] = '{'),
    ],
    [
      'a group without parameters',
      /The metadata 'param_groups\.1\.params' is missing or malformed/,
      file => delete file.metadata['param_groups.1.params'],
    ],
    [
      'a parameter in two groups',
      /the parameter 'stem\.weight' in two groups/,
      file => (file.metadata['param_groups.1.params'] = '["stem.weight"]'),
    ],
    ['malformed schedules', /'steps' is missing or malformed/, file => (file.metadata['schedule'] = '{}')],
    [
      'missing state',
      /lacks the state exp_avg_sq of 'stem\.weight', but has other state of it/,
      file => file.tensors.delete('state.stem.weight.exp_avg_sq'),
    ],
    [
      'a missing step',
      /lacks the state step of 'stem\.weight'/,
      file => file.tensors.delete('state.stem.weight.step'),
    ],
    [
      'half a step',
      /'state\.stem\.weight\.step' must be one whole number from 0; the file has float32 of shape \[\] with 1\.5/,
      file => file.tensors.set('state.stem.weight.step', scalar(1.5)),
    ],
    [
      'another shape',
      /'state\.stem\.weight\.exp_avg' is float32 of shape \[6,8\] in the file; 'stem\/kernel_\d+' needs .* \[8,6\]/,
      file => file.tensors.set('state.stem.weight.exp_avg', float32([6, 8], new Float32Array(48))),
    ],
    [
      'further state',
      /The file has 'state\.stem\.weight\.max', which this optimizer does not have/,
      file => file.tensors.set('state.stem.weight.max', scalar(1)),
    ],
  ] as const satisfies ReadonlyArray<readonly [string, RegExp, (file: Parameters<Edit>[0]) => unknown]>) {
    it(`of a file with ${name} are refused, and nothing is changed`, async () => {
      const optimizer = trained(adamW(0.01, {wd: 0.1}));
      refuses(
        edited(await there(optimizer), file => {
          edit(file);
        }),
        optimizer,
        message,
      );
    });
  }

  it('of another class are read as far as it goes, with one warning, where they are lossy', async () => {
    const file = await there(trained(adamW(0.02)));
    const optimizer = trained(lamb(0.01), 1);
    refuses(
      file,
      optimizer,
      /has the state of torch\.optim\.AdamW, which does not compute what .*lambStep computes here/,
    );
    readTorchState(file, optimizer, net.counterparts, {lossy: true})();
    expect(warned).toHaveBeenCalledOnceWith(
      jasmine.stringMatching(/^tfjs-optim: what .* is left out: The file has the/),
    );
    expect(optimizer.lr).toBe(0.02);
    expect(optimizer.allParams().map(({state}) => state['step'])).toEqual([2, 2, 2, 2, 2, 2]);
  });

  it('start anew where the file lacks a part of the state, with one warning, where they are lossy', async () => {
    const file = edited(await there(trained(adamW(0.02))), ({tensors}) => {
      tensors.delete('state.head.bias.exp_avg');
    });
    const optimizer = trained(adamW(0.01), 1);
    readTorchState(file, optimizer, net.counterparts, {lossy: true})();
    expect(warned).toHaveBeenCalledOnceWith(
      jasmine.stringMatching(/The file lacks the state exp_avg of 'head\.bias', but has other state of it/),
    );
  });

  it('start anew where a parameter has made no step there', async () => {
    const optimizer = trained(adamW(0.01));
    const file = edited(await there(optimizer), ({tensors}) => {
      for (const entry of ['exp_avg', 'exp_avg_sq', 'step']) tensors.delete(`state.head.bias.${entry}`);
    });
    readTorchState(file, optimizer, net.counterparts)();
    expect(optimizer.allParams().map(({state}) => Object.keys(state).length)).toEqual([3, 3, 3, 3, 3, 0]);
  });

  it("include Adagrad's first value", async () => {
    const optimizer = adagrad(0.01, {initialAccumulatorValue: 0.5});
    made.push(optimizer);
    optimizer.attach(net.variables);
    const {tensors} = await there(optimizer);
    expect(present(tensors.get('state.head.bias.sum')).data).toEqual(new Float32Array(5).fill(0.5));
    expect(tensors.get('state.head.bias.step')).toEqual(scalar(0));
    readTorchState(await there(optimizer), optimizer, net.counterparts)();
    expect(optimizer.allParams().every(({state}) => Object.keys(state).length === 0)).toBe(true);
  });

  it('go on in the middle of schedules, also those of parts', async () => {
    for (const make of [() => adamW(0.01, {params: [net.of('stem'), net.of('dense', 'head')]}), () => muon(0.01)]) {
      const optimizer = trained(make(), 0);
      optimizer.setSchedule(oneCycle(), {steps: 10});
      gradients.apply(net, optimizer, 0, 4);
      const file = await there(optimizer);
      const other = trained(make(), 1);
      readTorchState(file, other, net.counterparts)();
      expect(other.schedule?.step).toBe(4);
      expect(other.stateDict().schedule).toEqual(optimizer.stateDict().schedule);
      expect(other.schedule?.at(0.7)).toEqual(present(optimizer.schedule).at(0.7));
    }
  });

  for (const [framework, write, read] of [
    ['PyTorch', torchStateOf, readTorchState],
    ['fastai', fastaiStateOf, readFastaiState],
  ] as const) {
    it(`of ${damagedFiles} damaged files of ${framework} are read, or refused without a change`, async () => {
      const params = [net.of('stem'), net.of('dense', 'head')];
      const source = trained(adam(0.01, {params}));
      source.setSchedule(oneCycle(), {steps: 10});
      const file = await write(source, net.counterparts);
      const optimizer = trained(adam(0.01, {params}), 1);
      const numbers = tf.tidy(() => tf.randomUniform([20_000], 0, 1, 'float32', 11).dataSync()).values();
      const random = () => Math.min(Number(numbers.next().value), 0.999999);
      const before = everything(optimizer);
      const start = optimizer.stateDict();
      let refused = 0;
      for (let i = 0; i < damagedFiles; i++) {
        const bad = edited(file, copy => {
          damage(copy, random);
        });
        let error: unknown;
        try {
          read(bad, optimizer, net.counterparts)();
        } catch (thrown) {
          error = thrown;
        }
        if (error === undefined) {
          optimizer.loadStateDict(start);
          continue;
        }
        refused++;
        const text = `${error instanceof Error ? error.message : 'something else'} for ${JSON.stringify(bad.metadata)}`;
        expect(error instanceof Error && !(error instanceof TypeError))
          .withContext(text)
          .toBe(true);
        expect(everything(optimizer)).withContext(text).toEqual(before);
      }
      expect(refused).toBeGreaterThan(damagedFiles / 2);
      tf.dispose(start.state.flatMap(entries => Object.values(entries).filter(value => value instanceof tf.Tensor)));
    });
  }

  describe('of fastai', () => {
    it('are refused for callbacks that fastai does not have', async () => {
      const state = (optimizer: Optimizer, lossy = false) =>
        fastaiStateOf(trained(optimizer), net.counterparts, {lossy});
      await expectAsync(state(sgd(0.1, {mom: 0.9, nesterov: true}))).toBeRejectedWithError(
        'fastai has no callback nesterovMomentumStep. Pass lossy: true to go on without it.',
      );
      await expectAsync(state(adam(0.1, {callbacks: [...accumulate(2)]}))).toBeRejectedWithError(
        /fastai has no callback .* \(with its state /,
      );
      await expectAsync(state(muon(0.1))).toBeRejectedWithError(/this optimizer has 2 parts/);
      expect(warned).not.toHaveBeenCalled();
      await state(adam(0.1, {callbacks: [clipGlobalNorm], globalClipNorm: 1}), true);
      expect(warned).toHaveBeenCalledOnceWith(
        'tfjs-optim: what fastai does not have is left out of the file: fastai has no callback clipGlobalNorm.',
      );
    });

    it('come back with flags, frozen groups, and the slow weights', async () => {
      const params = [net.of('stem'), net.of('dense', 'head')];
      const optimizer = trained(ranger(0.01, {params}), 4);
      optimizer.freezeTo(1);
      optimizer.state.set(present(net.variables[0]), {forceTrain: true});
      optimizer.state.set(present(net.variables[1]), {doWd: true});
      const file = await fastaiStateOf(optimizer, net.counterparts);
      const other = trained(ranger(0.5, {params}), 1);
      readFastaiState(file, other, net.counterparts)();
      const expected = everything(optimizer);
      expect(everything(other)).toEqual({
        ...expected,
        // Flags that are as they are by themselves are not set; the order of entries differs.
        state: jasmine.any(Array),
      });
      expect(other.summary()).toEqual(optimizer.summary());
      expect(await fastaiStateOf(other, net.counterparts)).toEqual(file);
    });

    it('are refused for groups that are frozen after one that trains', async () => {
      const optimizer = trained(adam(0.01, {params: [net.of('stem'), net.of('dense', 'head')]}));
      optimizer.setFreeze(1, false);
      await expectAsync(fastaiStateOf(optimizer, net.counterparts)).toBeRejectedWithError(
        /^fastai freezes the first groups only, and leaves those that must train\./,
      );
    });

    it('are refused for a Lookahead of other numbers', async () => {
      const file = await fastaiStateOf(trained(lookahead(adam(0.1), {k: 5})), net.counterparts);
      refuses(
        file,
        trained(lookahead(adam(0.1)), 1),
        /Lookahead: the file has k 5 and alpha 0\.5; this optimizer has k 6 and alpha 0\.5\./,
        readFastaiState,
      );
    });

    for (const [name, message, edit, make] of [
      ['no optimizer of fastai', /has no state of an optimizer of fastai/, file => delete file.metadata['fastai']],
      [
        'other callbacks',
        /has the callbacks weight_decay, .* adam_step; this one has those of weight_decay, .* radam_step/,
        () => undefined,
        () => rAdam(0.1),
      ],
      [
        'other options',
        /average_grad\(dampening=false\)/,
        file => (file.metadata['fastai'] = present(file.metadata['fastai']).replace('true', 'false')),
      ],
      [
        'no Lookahead',
        /Lookahead: the file has none; this optimizer has k 6 and alpha 0\.5\./,
        () => undefined,
        () => lookahead(adam(0.1)),
      ],
      [
        'other groups',
        /has 1 parameter groups; this one has 2/,
        () => undefined,
        () => adam(0.1, {params: [net.of('stem'), net.of('dense', 'head')]}),
      ],
      [
        'malformed metadata',
        /The metadata 'fastai' is missing or malformed/,
        file => (file.metadata['fastai'] = '{}'),
      ],
      [
        'state that is missing',
        /lacks the state sqr_avg of 'head\.bias'/,
        file => file.tensors.delete('state.head.bias.sqr_avg'),
      ],
      [
        'further state',
        /has 'state\.head\.bias\.other', which/,
        file => file.tensors.set('state.head.bias.other', scalar(1)),
      ],
    ] as const satisfies ReadonlyArray<
      readonly [string, RegExp, (file: Parameters<Edit>[0]) => unknown, (() => Optimizer)?]
    >) {
      it(`of a file with ${name} are refused, and nothing is changed`, async () => {
        const optimizer = trained(adam(0.01));
        const file = edited(await fastaiStateOf(optimizer, net.counterparts), copy => {
          edit(copy);
        });
        refuses(file, make === undefined ? optimizer : trained(make(), 1), message, readFastaiState);
      });
    }
  });
});

function setClass(metadata: Record<string, string>, cls: string, isDecoupled = true): void {
  for (const i of [0, 1]) {
    metadata[`param_groups.${i}.class`] = JSON.stringify(cls);
    metadata[`param_groups.${i}.decoupled_weight_decay`] = String(isDecoupled);
  }
}

const VALUES = ['null', '[]', '{}', '1e999', '-1', '0.5', '"x"', '[null]', '{"a":1}', 'true', '', '{', '[[["x"]]]'];

/** Changes one thing of a file. */
function damage({tensors, metadata}: Parameters<Edit>[0], random: () => number): void {
  const pick = <T>(list: readonly T[]): T => present(list[Math.floor(random() * list.length)]);
  const key = pick(Object.keys(metadata));
  const name = pick([...tensors.keys()]);
  const kinds: ReadonlyArray<() => unknown> = [
    () => (metadata[key] = pick(VALUES)),
    () => Reflect.deleteProperty(metadata, key),
    () => (metadata[`${key}x`] = present(metadata[key])),
    () => {
      const whole = present(metadata[key]);
      const at = Math.floor(random() * whole.length);
      metadata[key] = whole.slice(0, at) + pick(['0', '"', ']', ',', 'x', '-']) + whole.slice(at + 1);
    },
    () => (metadata[key] = altered(present(metadata[key]), pick)),
    () => tensors.delete(name),
    () => tensors.set(name, scalar(pick([NaN, -1, 0.5, 1e30]))),
    () => tensors.set(name, float32([2], new Float32Array(2))),
    () => tensors.set(`${name}x`, scalar(1)),
  ];
  pick(kinds)();
}

/** JSON with one value inside replaced. */
function altered(text: string, pick: <T>(list: readonly T[]) => T): string {
  const root: unknown = JSON.parse(text);
  const at: Array<() => void> = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, inner] of Object.entries(value)) {
      at.push(() => Reflect.set(value, name, JSON.parse(pick(VALUES.slice(0, 10)).replace('1e999', '1e308'))));
      at.push(() => Reflect.deleteProperty(value, name));
      visit(inner);
    }
  };
  visit(root);
  if (at.length > 0) pick(at)();
  return JSON.stringify(root);
}
