const FIRST_WITHOUT_FLAG = 21;

/** The flags with which this version of Node has relaxed SIMD. */
export const relaxedSimdFlags =
  Number.parseInt(process.versions.node, 10) < FIRST_WITHOUT_FLAG ? ['--experimental-wasm-relaxed-simd'] : [];
