/**
 * A map that holds at most `most` entries: those that were read or written last. While it is at most half full, reads
 * do not count, because counting one takes longer than the read. Then they count, so no entry in use is lost.
 */
export class RecentMap<K, V extends object> extends Map<K, V> {
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  override get(key: K): V | undefined {
    const value = super.get(key);
    if (value !== undefined && 2 * this.size > this.#most) this.set(key, value);
    return value;
  }

  override set(key: K, value: V): this {
    // A map lists its keys in the order in which they were added.
    this.delete(key);
    super.set(key, value);
    for (const oldest of this.keys()) {
      if (this.size <= this.#most) break;
      this.delete(oldest);
    }
    return this;
  }
}
