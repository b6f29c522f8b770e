// The JSON files as ../golden_modern/FORMAT.md describes them.
import type {GoldenParameter} from './golden_files.mjs';

export type ModernEvent = {readonly step: number} & (
  {readonly kind: 'set_hyper'; readonly key: string; readonly value: number} | {readonly kind: 'save_load'}
);

export interface ModernCase {
  readonly name: string;
  readonly hypers: Readonly<Record<string, unknown>>;
  readonly groups: readonly (readonly GoldenParameter[])[];
  readonly grads: readonly (readonly (readonly number[] | null)[])[];
  readonly events: readonly ModernEvent[];
  readonly expected: {
    readonly f64: {
      readonly params: readonly (readonly (readonly number[])[])[];
      readonly trace?: Readonly<Record<string, readonly number[]>>;
    };
    readonly tol: number;
  };
}

interface ModernFile {
  readonly format: string;
  readonly cases: readonly ModernCase[];
}

export declare const adafactor: ModernFile;
export declare const muon: ModernFile;
export declare const prodigy: ModernFile;
