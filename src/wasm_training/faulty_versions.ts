/** The newest version of tfjs whose kernels were found to be slow or wrong. */
const NEWEST = {major: 4, minor: 22};

/** Whether the WASM kernels of this version of tfjs are known to be faulty. Later versions may have better kernels. */
export function isKnownFaulty(version: string): boolean {
  const [major, minor] = version.split('.').map(Number);
  return major === NEWEST.major && minor !== undefined && minor <= NEWEST.minor;
}
