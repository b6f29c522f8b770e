import {type Picture, type Pixels, seen} from './picture';

/** The pixels of an image's shorter side that are enough for the network. */
const ENOUGH = 112;

/** Pictures that were read, and what was wrong with the other files, in sentences. */
export interface Found {
  readonly pictures: readonly Picture[];
  readonly problems: readonly string[];
}

/** Reads files. One that is not an image does not keep the others from being read. */
export async function picturesIn(files: Iterable<File>): Promise<Found> {
  const pictures: Picture[] = [];
  const problems: string[] = [];
  for (const file of files) {
    try {
      pictures.push(await pictureIn(file));
    } catch (error) {
      problems.push(error instanceof Error ? `${file.name}: ${error.message}` : String(error));
    }
  }
  return {pictures, problems};
}

/** What the network sees of an image or a video. */
export function pictureOf(source: CanvasImageSource, width: number, height: number): Picture {
  return seen(pixelsOf(source, width, height));
}

async function pictureIn(file: File): Promise<Picture> {
  let image: ImageBitmap;
  try {
    image = await createImageBitmap(file);
  } catch {
    // The browser's reasons are technical, and differ between browsers.
    throw new Error('This file is not a picture that the browser can read. Choose a PNG, JPEG or WebP file.');
  }
  try {
    return pictureOf(image, image.width, image.height);
  } finally {
    image.close();
  }
}

function pixelsOf(source: CanvasImageSource, width: number, height: number): Pixels {
  const scale = Math.min(1, ENOUGH / Math.min(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d', {willReadFrequently: true});
  if (context === null) throw new Error("This browser can't draw on a canvas.");
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
