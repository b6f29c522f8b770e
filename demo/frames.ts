/** So many milliseconds of work go between two frames. */
const BUDGET = 20;
/** A page in the background has no frames. */
const LATEST = 100;

let since = 0;

/** Lets the page draw and react, unless it has just done so. Call it between pieces of work. */
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
  // What runs in the frame itself comes before its drawing; a message comes after it.
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
