// The JSON files as ../golden_modern/FORMAT.md describes them.
import type {GoldenNumber, GoldenNumbers} from './golden_files.mjs';

export type ModernEvent = {readonly step: number} & (
  | {readonly kind: 'set_hyper'; readonly key: string; readonly value: number; readonly group?: number}
  | {readonly kind: 'save_load'}
);

type Hypers = Readonly<Record<string, unknown>>;
/** Flat numbers, by parameter and by step. */
export type Steps = ReadonlyArray<readonly GoldenNumbers[]>;

export interface ModernParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: GoldenNumbers;
}

export interface ModernCase {
  readonly name: string;
  /** The name of the recorded class. */
  readonly optimizer: string;
  readonly hypers: Hypers;
  /** The rule inside, where the recorded class goes around another. */
  readonly inner?: {readonly optimizer: string; readonly hypers: Hypers};
  readonly groups: ReadonlyArray<readonly ModernParameter[]>;
  readonly group_hypers?: ReadonlyArray<Hypers | null>;
  readonly grads: ReadonlyArray<ReadonlyArray<GoldenNumbers | null>>;
  readonly events: readonly ModernEvent[];
  readonly expected: {
    readonly f64: {
      readonly params: Steps;
      readonly x?: Steps;
      readonly z?: Steps;
      readonly averaged?: Steps;
      /** One number per step, or one per group and step. */
      readonly trace?: Readonly<Record<string, ReadonlyArray<GoldenNumber | GoldenNumbers>>>;
      readonly state: ReadonlyArray<Readonly<Record<string, unknown>>>;
    };
    readonly tol: number;
  };
}

export interface ModernFile {
  readonly format: string;
  readonly cases: readonly ModernCase[];
}

export declare const adabelief: ModernFile;
export declare const adafactor: ModernFile;
export declare const adan: ModernFile;
export declare const ademamix: ModernFile;
export declare const adopt: ModernFile;
export declare const averages: ModernFile;
export declare const cautious: ModernFile;
export declare const gradientTransforms: ModernFile;
export declare const laprop: ModernFile;
export declare const lion: ModernFile;
export declare const mars: ModernFile;
export declare const muon: ModernFile;
export declare const nadam: ModernFile;
export declare const prodigy: ModernFile;
export declare const scheduleFree: ModernFile;
export declare const skipNonFinite: ModernFile;
export declare const torchClassics: ModernFile;
export declare const weightDecay: ModernFile;
