/** A map that keeps those entries that were used last. */
export class Recent<K, V> {
  readonly #entries = new Map<K, V>();

  /**
   * @param most how many entries there may be.
   * @param leave is told what goes.
   */
  constructor(private readonly most: number, private readonly leave: (value: V) => void = () => undefined) {}

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) this.#moveToEnd(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.#moveToEnd(key, value);
    if (this.#entries.size <= this.most) return;
    for (const [oldest, left] of this.#entries) {
      this.#entries.delete(oldest);
      this.leave(left);
      return;
    }
  }

  #moveToEnd(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
  }
}
