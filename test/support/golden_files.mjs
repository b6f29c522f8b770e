// Plain JavaScript beside hand-written types: TypeScript would infer a type of its own for every one of these cases.
export {default as callbacks} from '../golden/callbacks.json' with {type: 'json'};
export {default as hypers} from '../golden/hypers.json' with {type: 'json'};
export {default as adam} from '../golden/optim_adam.json' with {type: 'json'};
export {default as custom} from '../golden/optim_custom.json' with {type: 'json'};
export {default as lamb} from '../golden/optim_lamb.json' with {type: 'json'};
export {default as larc} from '../golden/optim_larc.json' with {type: 'json'};
export {default as lookahead} from '../golden/optim_lookahead.json' with {type: 'json'};
export {default as qhadam} from '../golden/optim_qhadam.json' with {type: 'json'};
export {default as radam} from '../golden/optim_radam.json' with {type: 'json'};
export {default as ranger} from '../golden/optim_ranger.json' with {type: 'json'};
export {default as rmsprop} from '../golden/optim_rmsprop.json' with {type: 'json'};
export {default as sgd} from '../golden/optim_sgd.json' with {type: 'json'};
export {default as scheduleFunctions} from '../golden/schedule_functions.json' with {type: 'json'};
export {default as scheduleLrFind} from '../golden/schedule_lr_find.json' with {type: 'json'};
export {default as scheduleTraces} from '../golden/schedule_traces.json' with {type: 'json'};
export {default as wrapper} from '../golden/wrapper.json' with {type: 'json'};
