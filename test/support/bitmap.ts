/** A file with an image in grey: a Windows bitmap, which needs no compression. `grey` gives each pixel, 0 to 255. */
export function bitmap(width: number, height: number, grey: (x: number, y: number) => number): Buffer {
  const HEAD = 54;
  const row = 4 * Math.ceil((3 * width) / 4);
  const file = Buffer.alloc(HEAD + row * height);
  file.write('BM');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(HEAD, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  // Rows go from the top down if the height is negative.
  file.writeInt32LE(-height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) file.fill(grey(x, y), HEAD + y * row + 3 * x, HEAD + y * row + 3 * x + 3);
  return file;
}
