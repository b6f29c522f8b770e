export const relaxedSimdFlags: readonly string[];
