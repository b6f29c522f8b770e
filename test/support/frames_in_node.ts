/** The demo waits for frames, which Node does not have: each frame comes at once. */
export function framesInNode(): void {
  Object.assign(globalThis, {requestAnimationFrame: (act: () => void) => setTimeout(act, 0)});
}
