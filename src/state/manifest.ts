/** The saved parameters as the configuration lists them. The weights hold their values in the same order. */
export type Manifest = ReadonlyArray<{
  readonly name: string;
  readonly shape: readonly number[];
  readonly group: number;
  /** The names of the state entries that are tensors, in the order of the weights. */
  readonly tensors: readonly string[];
}>;
