/** A saved parameter: what the configuration tells of it. The weights bring the values. */
export interface ManifestEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly group: number;
  /** The state entries that are tensors, in the order of the weights. */
  readonly tensors: readonly string[];
}
