// Generated from the docstrings in src/table by `npm run tables`. Change the docstrings, not this file.

/** What an optimizer is for, what it costs, and when not to use it. */
export interface OptimizerFacts {
  readonly use: string;
  readonly avoid: string;
  /** In tensors of the parameter's size. */
  readonly memory: string;
  readonly defaults: string;
  readonly source: string;
}

/** The facts of each row of the table of optimizers. */
export const OPTIMIZER_FACTS: Readonly<Record<string, OptimizerFacts>> = {
  sgd: {
    use: 'Convolution nets trained from scratch with momentum 0.9 and a schedule, and the least memory of all.',
    avoid:
      'No time to search a rate. Embeddings and transformers: their gradients differ too much in size between parameters.',
    memory: '0, or 1 with momentum',
    defaults: 'lr 1e-3, mom 0, wd 0',
    source:
      'Robbins & Monro, A Stochastic Approximation Method, 1951; momentum: Polyak, 1964; nesterov: Sutskever et al., On the Importance of Initialization and Momentum in Deep Learning, 2013',
  },
  rmsProp: {
    use: 'Recurrent nets and reinforcement learning, where published settings use it.',
    avoid: 'New work: adam has debiased averages, and is seldom worse.',
    memory: '1, or 2 with momentum; 1 more with centered',
    defaults: 'lr 1e-3, sqrMom 0.99, mom 0, wd 0, eps 1e-8',
    source: 'Hinton, Neural Networks for Machine Learning, lecture 6e, 2012',
  },
  adam: {
    use: "Almost everything, with fastai's values: short training at high rates, with one-cycle.",
    avoid: 'Very little memory. Comparisons with published figures, which used the values of adamW.',
    memory: '2, or 3 with amsgrad',
    defaults: 'lr 1e-3, mom 0.9, sqrMom 0.99, eps 1e-5, wd 0.01',
    source:
      'Kingma & Ba, Adam: A Method for Stochastic Optimization, 2015; Loshchilov & Hutter, Decoupled Weight Decay Regularization, 2019; amsgrad: Reddi et al., On the Convergence of Adam and Beyond, 2018',
  },
  adamW: {
    use: 'Almost everything, with the values of PyTorch: transformers, long training, and whatever was trained by AdamW before.',
    avoid: 'Very little memory.',
    memory: '2, or 3 with amsgrad',
    defaults: 'lr 1e-3, mom 0.9, sqrMom 0.999, eps 1e-8, wd 0.01',
    source: 'Loshchilov & Hutter, Decoupled Weight Decay Regularization, 2019',
  },
  rAdam: {
    use: 'Training without a warm-up.',
    avoid: 'Schedules that already warm up: they do the same as the rectification.',
    memory: '2',
    defaults: 'lr 1e-3, mom 0.9, sqrMom 0.99, eps 1e-5, wd 0, beta 0',
    source:
      'Liu et al., On the Variance of the Adaptive Learning Rate and Beyond, 2020; beta: Tong et al., Calibrating the Adaptive Learning Rate to Improve Convergence of ADAM, 2019',
  },
  qhAdam: {
    use: 'Long averages of the gradient that still follow the present one.',
    avoid: 'No time to search: it has two more hypers.',
    memory: '2',
    defaults: 'lr 1e-3, mom 0.999, sqrMom 0.999, nu1 0.7, nu2 1, eps 1e-8, wd 0',
    source: 'Ma & Yarats, Quasi-hyperbolic Momentum and Adam for Deep Learning, 2019',
  },
  larc: {
    use: 'Convolution nets with batches of thousands.',
    avoid: 'Small batches, where SGD does the same for less.',
    memory: '0, or 1 with momentum',
    defaults: 'lr 1e-3, mom 0.9, clip true, trustCoeff 0.02, eps 1e-8, wd 0',
    source: 'You et al., Large Batch Training of Convolutional Networks, 2017',
  },
  lamb: {
    use: 'Transformers with batches of thousands.',
    avoid: 'Small batches, where AdamW does as well for less time.',
    memory: '2',
    defaults: 'lr 1e-3, mom 0.9, sqrMom 0.99, eps 1e-5, wd 0',
    source: 'You et al., Large Batch Optimization for Deep Learning: Training BERT in 76 minutes, 2020',
  },
  ranger: {
    use: 'Training from scratch with a flat rate and a cosine at the end (fitFlatCos), without a warm-up.',
    avoid: 'Fine-tuning in few steps: the slow weights hold the weights back.',
    memory: '3',
    defaults: 'lr 1e-3, mom 0.95, sqrMom 0.99, eps 1e-6, wd 0.01, beta 0, k 6, alpha 0.5',
    source: 'Wright, Ranger: a synergistic optimizer, 2019; Zhang et al., Lookahead Optimizer, 2019',
  },
  lion: {
    use: "Large batches, and models for which Adam's memory is too much. Take a third to a tenth of AdamW's learning rate, and three to ten times its decay.",
    avoid: 'Small batches: every number moves by the whole rate in each step, so noise in the gradient moves it too.',
    memory: '1',
    defaults: 'lr 1e-4, mom 0.9, slowMom 0.99, wd 0',
    source: 'Chen et al., Symbolic Discovery of Optimization Algorithms, 2023',
  },
  muon: {
    use: "Training dense, convolution and recurrent nets from scratch: it often needs fewer steps than AdamW. AdamW's rate and decay are a good start. Jordan gives the last layer to AdamW, too: head: model.",
    avoid:
      'Fine-tuning of what AdamW has trained. Large kernels with small batches: a step multiplies matrices 15 times per kernel, which can take longer than the gradient.',
    memory: '1 for kernels, 2 for the rest',
    defaults: 'lr 1e-3, mom 0.95, wd 0.1, eps 1e-7, five steps of the original coefficients, Nesterov momentum',
    source:
      'Jordan et al., Muon: An optimizer for hidden layers in neural networks, 2024; Liu et al., Muon is Scalable for LLM Training, 2025',
  },
  nAdamW: {
    use: "Wherever AdamW is used, with AdamW's learning rate. It is the baseline of the AlgoPerf benchmark, and often a little faster than AdamW at the same cost.",
    avoid: 'A page for which two extra tensors per weight are too much: lion has one.',
    memory: '2',
    defaults: 'lr 1e-3, mom 0.9, sqrMom 0.999, eps 1e-8, wd 0.01',
    source:
      'Dozat, Incorporating Nesterov Momentum into Adam, 2016; Choi et al., On Empirical Comparisons of Optimizers for Deep Learning, 2019',
  },
  stableAdamW: {
    use: "Training in which AdamW's loss has spikes: when gradients suddenly grow, the step does not grow with them. It replaces clipping of gradients. Use AdamW's learning rate.",
    avoid: 'Models that train without spikes: the clipping needs another pass over each parameter.',
    memory: '2',
    defaults: 'lr 1e-3, mom 0.9, sqrMom 0.99, eps 1e-8, wd 0.01',
    source: 'Wortsman et al., Stable and low-precision training for large-scale vision-language models, 2023',
  },
  prodigy: {
    use: 'No time to search a learning rate: leave lr at 1, and use a schedule that falls to 0 (fitFlatCos, or one-cycle without its rise). await prodigyLr(opt) is the rate that it has found.',
    avoid:
      "A rate that you know already: AdamW at that rate needs half the memory and is at least as good. Noisy tasks with few steps: the estimate takes tens of steps to grow from d0. Groups with different rates, other than 0. A constant rate from the first step may ruin deep networks with ReLU, because the first steps are several times as long as Adam's: warm up, or set biasCorrection: true.",
    memory: '4',
    defaults: 'lr 1, mom 0.9, sqrMom 0.999, distanceMom 0 (which means √sqrMom), eps 1e-8, wd 0',
    source: 'Mishchenko & Demyanov, Prodigy: An Expeditiously Adaptive Parameter-Free Learner, 2023',
  },
  adaBelief: {
    use: "Convolution nets and GANs, where Adam trains fast but SGD generalizes better. Its steps are large where gradients agree, however large they are. Take Adam's learning rate.",
    avoid:
      'Gradients that are nearly the same in every step, such as those of a whole data set: it divides by how much they differ, so steps become large.',
    memory: '2, or 3 with amsgrad',
    defaults: 'lr 1e-3, mom 0.9, sqrMom 0.999, eps 1e-16, wd 0',
    source: 'Zhuang et al., AdaBelief Optimizer: Adapting Stepsizes by the Belief in Observed Gradients, 2020',
  },
  adan: {
    use: 'Vision transformers and other nets trained from scratch with large batches. It is stable at five to ten times the learning rate of AdamW.',
    avoid:
      'Models for which memory is short: its state is twice that of Adam. Small batches: their gradients differ by noise, so their change says little.',
    memory: '4',
    defaults: 'lr 1e-3, mom 0.98, diffMom 0.92, sqrMom 0.99, eps 1e-8, wd 0, prox true',
    source: 'Xie et al., Adan: Adaptive Nesterov Momentum Algorithm for Faster Optimizing Deep Models, 2022',
  },
  adopt: {
    use: "The tasks of Adam, where Adam's loss jumps or depends on sqrMom, as with small batches and rare large gradients. Take Adam's learning rate.",
    avoid: 'Runs of a few dozen steps: the second moment forgets the first gradient slowly.',
    memory: '2',
    defaults: 'lr 1e-3, mom 0.9, sqrMom 0.9999, eps 1e-6, wd 0, clip true, clipExp 0.25',
    source: 'Taniguchi et al., ADOPT: Modified Adam Can Converge with Any β2 with the Optimal Rate, 2024',
  },
  laProp: {
    use: 'Gradients whose size changes quickly, as in reinforcement learning and GANs. sqrMom can be small, also smaller than mom, because each gradient is divided before it is averaged.',
    avoid: 'Comparisons with published figures of Adam. On ordinary tasks the two do nearly the same.',
    memory: '2',
    defaults: 'lr 4e-4, mom 0.9, sqrMom 0.999, eps 1e-15, wd 0',
    source: 'Ziyin et al., LaProp: Separating Momentum and Adaptivity in Adam, 2020',
  },
  mars: {
    use: 'Transformers trained from scratch, where it needs fewer steps than AdamW. Its authors take a larger learning rate than for AdamW.',
    avoid: 'Convolution nets: their kernels have four axes, so AdamW trains them, with mom1d and sqrMom1d.',
    memory: '3, or 4 with amsgrad',
    defaults:
      'lr 3e-3, mom 0.95, sqrMom 0.99, gamma 0.025, eps 1e-8, wd 0; of other parameters lrScale1d 1, mom1d 0.9, sqrMom1d 0.95, wd1d 0, which means wd',
    source: 'Yuan et al., MARS: Unleashing the Power of Variance Reduction for Training Large Models, 2024',
  },
  adEMAMix: {
    use: "Long training of tens of thousands of steps, such as that of language models. Set both warm-ups to the number of steps, because the slow average can make the start unstable. Take AdamW's learning rate.",
    avoid:
      'Short training: the slow average remembers about ten thousand gradients. Data that changes over time: then old gradients mislead.',
    memory: '3, or 2 with mom 0',
    defaults:
      'lr 1e-3, mom 0.9, sqrMom 0.999, slowMom 0.9999, slowWeight 2, eps 1e-8, wd 0, slowWeightWarmup 0, slowMomWarmup 0',
    source: 'Pagliardini et al., The AdEMAMix Optimizer: Better, Faster, Older, 2024',
  },
  adagrad: {
    use: 'Sparse gradients, such as those of embeddings and of words that are rare: a number that seldom has a gradient takes large steps. The rate falls by itself, so that no schedule is needed.',
    avoid:
      'Long trainings of deep networks: the sum never shrinks, and training comes to a halt. Adam forgets old gradients.',
    memory: '1',
    defaults: 'lr 0.01, initialAccumulatorValue 0, lrDecay 0, eps 1e-10, wd 0',
    source: 'Duchi et al., Adaptive Subgradient Methods for Online Learning and Stochastic Optimization, 2011',
  },
  adadelta: {
    use: 'Comparing with older results. At lr: 1 it runs without a search for a rate.',
    avoid:
      'Short trainings: the first steps are about √eps, and they grow slowly. AdamW at a searched rate is usually better.',
    memory: '2',
    defaults: 'lr 1, sqrMom 0.9, eps 1e-6, wd 0',
    source: 'Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012',
  },
  adamax: {
    use: 'Gradients that are often zero or have outliers: after a large gradient, steps stay small for long, and no step is much larger than lr.',
    avoid: 'Where Adam works. Its mean square is less affected by one large gradient.',
    memory: '2',
    defaults: 'lr 0.002, mom 0.9, sqrMom 0.999, eps 1e-8, lrDecay 0, wd 0',
    source: 'Kingma & Ba, Adam: A Method for Stochastic Optimization, 2015, section 7.1',
  },
  adafactor: {
    use: "Models of large matrices, such as embeddings and transformers, where there is no memory for Adam's two tensors.",
    avoid:
      'Models of vectors and small kernels, where it saves nothing. WebGL and WebGPU, and convolutions of more than 16 channels on all backends: there it runs as ordinary operations, more slowly.',
    memory: 'nearly 0 for large matrices and kernels, 1 for others; 1 more with mom',
    defaults: 'lr 1e-3, mom 0, wd 0, eps 1e-30, epsScale 1e-3, clipThreshold 1, decayPower 0.8, minDim 16',
    source: 'Shazeer & Stern, Adafactor: Adaptive Learning Rates with Sublinear Memory Cost, 2018',
  },
  scheduleFreeAdamW: {
    use: "Training whose length is not known beforehand: it can stop, or go on, at any step. With 'adamW', give a warmup of about a twentieth of the steps, and try a rate between that of AdamW and ten times as much.",
    avoid:
      "Models that you cannot validate by evaluateAverages(), weights with constraints, and fine-tuning by a schedule that is known to work. Batch normalization needs its averages recomputed for x. 'sgd' needs one tensor less.",
    memory: '3',
    defaults: "lr 2.5e-3 ('sgd': 1), mom 0.9, sqrMom 0.999, eps 1e-8, wd 0, innerMom 0",
    source: 'Defazio et al., The Road Less Scheduled, 2024',
  },
  scheduleFreeSgd: {
    use: "Training whose length is not known beforehand: it can stop, or go on, at any step. With 'adamW', give a warmup of about a twentieth of the steps, and try a rate between that of AdamW and ten times as much.",
    avoid:
      "Models that you cannot validate by evaluateAverages(), weights with constraints, and fine-tuning by a schedule that is known to work. Batch normalization needs its averages recomputed for x. 'sgd' needs one tensor less.",
    memory: '3',
    defaults: "lr 2.5e-3 ('sgd': 1), mom 0.9, sqrMom 0.999, eps 1e-8, wd 0, innerMom 0",
    source: 'Defazio et al., The Road Less Scheduled, 2024',
  },
  scheduleFreeRAdam: {
    use: "Training whose length is not known beforehand: it can stop, or go on, at any step. With 'adamW', give a warmup of about a twentieth of the steps, and try a rate between that of AdamW and ten times as much.",
    avoid:
      "Models that you cannot validate by evaluateAverages(), weights with constraints, and fine-tuning by a schedule that is known to work. Batch normalization needs its averages recomputed for x. 'sgd' needs one tensor less.",
    memory: '3',
    defaults: "lr 2.5e-3 ('sgd': 1), mom 0.9, sqrMom 0.999, eps 1e-8, wd 0, innerMom 0",
    source: 'Defazio et al., The Road Less Scheduled, 2024',
  },
};
