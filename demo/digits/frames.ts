/** Milliseconds of work between two frames. */
const BUDGET = 20;
/** The most milliseconds to wait for a frame. A page in the background has none. */
const LATEST = 100;

let since = 0;

/** Lets the page draw and handle events, unless it has just done so. Call this between pieces of work. */
export async function breathe(): Promise<void> {
  if (performance.now() - since < BUDGET) return;
  await Promise.race([
    new Promise(resolve => {
      requestAnimationFrame(resolve);
    }),
    new Promise(resolve => {
      setTimeout(resolve, LATEST);
    }),
  ]);
  // A callback of `requestAnimationFrame` runs before the browser draws. A message arrives after that.
  await new Promise(resolve => {
    const {port1, port2} = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve(undefined);
    };
    port2.postMessage(undefined);
  });
  since = performance.now();
}
