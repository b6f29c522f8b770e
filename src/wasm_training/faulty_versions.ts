/** The newest tfjs whose slow and wrong kernels were seen to be so. */
const NEWEST = {major: 4, minor: 22};

/**
 * Whether `version` of tfjs is one whose WASM kernels are known: a later one keeps its own, which may be better by
 * then.
 */
export function isKnownFaulty(version: string): boolean {
  const [major, minor = 0] = version.split('.').map(Number);
  return major === NEWEST.major && minor <= NEWEST.minor;
}
