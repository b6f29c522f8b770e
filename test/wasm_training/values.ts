/** `size` numbers in [-1, 1), the same for the same seed: mulberry32. */
export function values(size: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({length: size}, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
