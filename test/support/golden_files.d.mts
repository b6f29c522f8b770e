// The JSON files as ../golden/FORMAT.md describes them; golden_format_test.ts holds the files to it.
export type GoldenNumber = number | 'nan' | 'inf' | '-inf';
export type GoldenNumbers = readonly GoldenNumber[];
export type GoldenArgument =
  | GoldenNumber
  | boolean
  | null
  | readonly number[]
  | {readonly $slice: readonly [number | null, number]}
  | {readonly $array: readonly number[]}
  | {readonly $tuple: readonly number[]};

export type Arguments = Readonly<Record<string, GoldenArgument>>;
export type Hypers = Readonly<Record<string, number>>;
export type Flags = Readonly<Record<'do_wd' | 'force_train', boolean | undefined>>;
export interface ExpectedError {
  readonly type: string;
  readonly message: string;
}

export interface GoldenFile<C> {
  readonly format: string;
  readonly generated_with: Readonly<Record<'fastai' | 'torch' | 'numpy', string>>;
  readonly cases: readonly C[];
}

export interface Built {
  readonly optimizer: string;
  readonly hypers: Arguments;
}

export interface GoldenParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: readonly number[];
}

export type OptimEvent = {readonly step: number} & (
  | {
      readonly kind: 'set_hyper';
      readonly key: string;
      readonly value: GoldenArgument;
      readonly expect_hypers: readonly Hypers[];
    }
  | {readonly kind: 'set_hypers'; readonly values: Arguments; readonly expect_hypers: readonly Hypers[]}
  | {
      readonly kind: 'freeze_to';
      readonly n: number;
      readonly expect_trainable: readonly boolean[];
      readonly expect_frozen_idx: number;
    }
  | {
      readonly kind: 'freeze' | 'unfreeze';
      readonly expect_trainable: readonly boolean[];
      readonly expect_frozen_idx: number;
    }
  | {readonly kind: 'set_state'; readonly param: string; readonly key: string; readonly value: boolean | number}
  | {readonly kind: 'clear_state'; readonly expect_state: readonly Partial<Flags>[]}
  | {
      readonly kind: 'save_load';
      readonly fresh: Built & {readonly inner?: Built};
      readonly expect_hypers_before_load: readonly Hypers[];
      readonly expect_hypers: readonly Hypers[];
    }
);

export interface ParameterState extends Partial<Flags> {
  readonly grad_avg?: GoldenNumbers;
  readonly sqr_avg?: GoldenNumbers;
  readonly step?: number;
  readonly local_lr?: GoldenNumber;
}

export interface Trajectory {
  readonly params: readonly (readonly GoldenNumbers[])[];
  readonly state: readonly ParameterState[];
  readonly count?: number;
  readonly slow_weights?: readonly GoldenNumbers[];
}

export interface OptimCase extends Built {
  readonly name: string;
  readonly inner?: Built;
  readonly cbs?: readonly (string | readonly [string, Readonly<Record<string, boolean | number>>])[];
  readonly groups: readonly (readonly GoldenParameter[])[];
  readonly init_state?: Readonly<Record<string, Partial<Flags>>>;
  readonly grads: readonly (readonly (readonly number[] | null)[])[];
  readonly events: readonly OptimEvent[];
  readonly overflow?: true;
  readonly expected: {
    readonly hypers_init: readonly Hypers[];
    readonly hypers_final: readonly Hypers[];
    readonly f64: Trajectory;
    readonly f32: Trajectory;
    readonly f32_f64_gap?: number;
  };
}

export interface CallbackCase {
  readonly fn: string;
  readonly shape: readonly number[];
  readonly param: readonly number[];
  readonly grad: readonly number[];
  readonly state: Readonly<Record<string, GoldenNumbers>>;
  readonly kwargs: Readonly<Record<string, number | boolean>>;
  readonly partial?: Readonly<Record<string, number | boolean>>;
  readonly expected: {
    readonly param: GoldenNumbers;
    readonly grad: GoldenNumbers;
    readonly returned_state: Readonly<Record<string, GoldenNumber | GoldenNumbers>> | null;
  };
}

export interface Debias {
  readonly mom: number;
  readonly damp: number;
  readonly step: number;
  readonly value: number;
}

export type HypersCase =
  | (Built & {
      readonly kind: 'ctor';
      readonly inner?: Built;
      readonly n_groups: number;
      readonly expect_hypers: readonly Hypers[];
    })
  | (Built & {
      readonly kind: 'set_hyper';
      readonly n_groups: number;
      readonly key: string;
      readonly value: GoldenArgument;
      readonly expect_hypers?: readonly Hypers[];
      readonly expect_error?: ExpectedError;
      readonly expect_hypers_unchanged?: readonly Hypers[];
    })
  | {
      readonly kind: 'freeze';
      readonly n_groups: number;
      readonly params_per_group: number;
      readonly force_train: readonly (readonly [number, number])[];
      readonly calls: readonly FreezeCall[];
    };

export interface FreezeCall {
  readonly call: number | 'freeze' | 'unfreeze';
  readonly expect_error?: {readonly type: string};
  readonly expect_warning: string | null;
  readonly expect_trainable: readonly (readonly boolean[])[];
  readonly expect_frozen_idx: number;
}

export type WrapperCase =
  | {readonly kind: 'detuplify_pg'; readonly input: Arguments; readonly expected: Arguments}
  | {
      readonly kind: 'set_item_pg';
      readonly input: Arguments;
      readonly key: string;
      readonly value: number;
      readonly expected: Arguments;
    }
  | {
      readonly kind: 'wrapper';
      readonly param_groups: readonly Arguments[];
      readonly hp_map: Readonly<Record<string, string>> | null;
      readonly expect_hypers: readonly Arguments[];
      readonly ops: readonly {
        readonly key: string;
        readonly value: GoldenArgument;
        readonly expect_error?: ExpectedError;
        readonly expect_param_groups: readonly Arguments[];
        readonly expect_hypers: readonly Arguments[];
      }[];
    };

export type OneOrMany = number | readonly number[];
export interface ScheduleFunction {
  readonly fn: string;
  readonly start: OneOrMany;
  readonly end: OneOrMany;
  readonly power?: number;
}

export type ScheduleFunctionCase =
  | (ScheduleFunction & {
      readonly kind: 'func';
      readonly pos: readonly number[];
      readonly values: readonly OneOrMany[];
    })
  | {
      readonly kind: 'combine_scheds';
      readonly pcts: readonly number[];
      readonly scheds: readonly ScheduleFunction[];
      readonly pos?: readonly number[];
      readonly values?: readonly OneOrMany[];
      readonly expect_error?: ExpectedError;
    }
  | {
      readonly kind: 'combined_cos';
      readonly pct: number;
      readonly start: OneOrMany;
      readonly middle: OneOrMany;
      readonly end: OneOrMany;
      readonly pos: readonly number[];
      readonly values: readonly OneOrMany[];
    };

export interface TracePhase {
  readonly n_epoch: number;
  readonly pct: readonly number[];
  readonly hypers: Readonly<Record<string, readonly (readonly number[])[] | {readonly constant: readonly number[]}>>;
  readonly trainable: readonly (readonly boolean[])[];
}

export interface TraceCase {
  readonly kind: string;
  readonly args: Readonly<Record<string, GoldenArgument>>;
  readonly learner: Readonly<Record<string, GoldenArgument>>;
  readonly n_iter: number;
  readonly n_groups: number;
  readonly phases: readonly TracePhase[];
  readonly float32_artifacts?: readonly number[];
}

export type LrFindCase =
  | {
      readonly kind: 'lr_find';
      readonly curve: string;
      readonly args: Readonly<Record<string, number | boolean>>;
      readonly n_iter: number;
      readonly raw_losses: GoldenNumbers;
      readonly n_batches_run: number;
      readonly lrs: readonly number[];
      readonly smooth_losses: GoldenNumbers;
      readonly suggested: Readonly<Record<string, number>> | null;
    }
  | {
      readonly kind: 'suggest';
      readonly curve: string;
      readonly num_it: number;
      readonly lrs: readonly number[];
      readonly losses: GoldenNumbers;
      readonly expected: Readonly<
        Record<
          string,
          {
            readonly lr: number;
            readonly lr_float64_inputs: number;
            readonly point: readonly [number, number];
          }
        >
      >;
    };

export declare const callbacks: GoldenFile<CallbackCase> & {readonly debias: readonly Debias[]};
export declare const hypers: GoldenFile<HypersCase>;
export declare const adam: GoldenFile<OptimCase>;
export declare const custom: GoldenFile<OptimCase>;
export declare const lamb: GoldenFile<OptimCase>;
export declare const larc: GoldenFile<OptimCase>;
export declare const lookahead: GoldenFile<OptimCase>;
export declare const qhadam: GoldenFile<OptimCase>;
export declare const radam: GoldenFile<OptimCase>;
export declare const ranger: GoldenFile<OptimCase>;
export declare const rmsprop: GoldenFile<OptimCase>;
export declare const sgd: GoldenFile<OptimCase>;
export declare const scheduleFunctions: GoldenFile<ScheduleFunctionCase>;
export declare const scheduleLrFind: GoldenFile<LrFindCase>;
export declare const scheduleTraces: GoldenFile<TraceCase>;
export declare const wrapper: GoldenFile<WrapperCase> & {readonly pytorch_hp_map: Readonly<Record<string, string>>};
