import {adamW, muon, type MuonSettings, nAdamW} from '../../../src';
import type {tf} from '../tfjs';
import type {Adapter} from './adapter';
import type {RecordedHypers} from './recorded_hypers';

const COEFFICIENTS: Readonly<Record<string, MuonSettings['coefficients']>> = {
  original: 'original',
  quintic: 'quintic',
  polar_express: 'polarExpress',
  polar_express_safer: 'polarExpressSafer',
};
const LR_SCALES: Readonly<Record<string, 'original' | 'matchRmsAdamW' | 'rmsToRms'>> = {
  original: 'original',
  match_rms_adamw: 'matchRmsAdamW',
  rms_to_rms: 'rmsToRms',
};

function ours<T>(table: Readonly<Record<string, T>>, word: string): T {
  const found = table[word];
  if (found === undefined) throw new Error(`The recorded word '${word}' is not known.`);
  return found;
}

/** What both recorded classes have. */
const common = (
  given: RecordedHypers,
  defaults: {readonly nesterov: boolean; readonly wd: number; readonly scale: string},
) => ({
  mom: given.number('momentum', 0.95),
  wd: given.number('weight_decay', defaults.wd),
  nesterov: given.flags('nesterov', defaults.nesterov),
  nsSteps: given.single('ns_steps', 5),
  lrScale: given.words('adjust_lr_fn', defaults.scale).map(word => ours(LR_SCALES, word)),
  eps: given.number('eps', 1e-7),
});

function muonOfTimm(given: RecordedHypers, params: tf.Variable[][]) {
  const {eps, wd, ...settings} = common(given, {nesterov: false, wd: 0, scale: 'match_rms_adamw'});
  const lr = given.number('lr');
  const nesterov = settings.nesterov.some(Boolean);
  const betas = [0.9, 0.95];
  const inRest = given.flags('use_fallback', false);
  const optimizer = muon(lr, {
    ...settings,
    eps,
    wd,
    coefficients: ours(COEFFICIENTS, given.word('ns_coefficients', 'quintic')),
    convMode: given.word('conv_mode', 'flatten') === 'batched' ? 'batched' : 'flatten',
    normalizeSpatial: given.flag('normalize_spatial', true),
    safety: given.single('safety_factor', 1),
    scaleEps: given.flag('scale_eps', false),
    head: params.filter((_, i) => inRest[i] === true).flat(),
    rest: nesterov ? nAdamW() : adamW(),
    // As recorded: decay acts on biases and scales, too.
    wdBnBias: true,
    params,
  });
  optimizer.parts[1].setHyper({
    lr: given.scaled('lr', given.single('fallback_lr_scale', 1)),
    mom: given.element('betas', 0, betas),
    sqrMom: given.element('betas', 1, betas),
    eps,
    wd,
  });
  return optimizer;
}

export const muonAdapters: Readonly<Record<string, Adapter>> = {
  // PyTorch's takes every matrix that it is given.
  Muon: {
    make: (given, params) =>
      muon(given.number('lr'), {
        ...common(given, {nesterov: true, wd: 0.1, scale: 'original'}),
        of: () => true,
        params,
      }),
    state: {momentum_buffer: 'gradAvg'},
    fusedOn: (_, backend) => `${backend}, except orthogonalize`,
  },
  MuonTimm: {
    make: muonOfTimm,
    state: {momentum_buffer: 'gradAvg', exp_avg: 'gradAvg', exp_avg_sq: 'sqrAvg'},
    fusedOn: (_, backend) => `${backend}, except orthogonalize`,
  },
};
