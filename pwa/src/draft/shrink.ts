/** Shrinks a photo with the browser's own canvas; gives back null where the browser cannot read it. */

export const LONGEST_SIDE = 1600;
const WANTED_BYTES = 300 * 1024;

/** The size to draw at: never larger than taken, longest side at most `LONGEST_SIDE` pixels. */
export function fitWithin(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** JPEG of about 300 KB, upright, or null when the photo cannot be decoded here (HEIC on Android). */
export async function shrink(photo: Blob): Promise<Blob | null> {
  const image = await decode(photo);
  if (!image) return null;
  const { width, height } = fitWithin(image.width, image.height);
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d");
  if (!pen) return null;
  // JPEG has no transparency: what was clear in a PNG becomes white, not black.
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  pen.drawImage(image, 0, 0, width, height);
  if ("close" in image) image.close();
  let smallest: Blob | null = null;
  for (const quality of [0.82, 0.7, 0.55, 0.4]) {
    smallest = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (!smallest || smallest.size <= WANTED_BYTES) break;
  }
  // Gives the pixels back at once; a 2 GB phone needs them.
  canvas.width = 0;
  canvas.height = 0;
  return smallest;
}

async function decode(photo: Blob): Promise<ImageBitmap | HTMLImageElement | null> {
  if (typeof createImageBitmap === "function") {
    try {
      return await createImageBitmap(photo, { imageOrientation: "from-image" });
    } catch {
      // Older engines refuse the option or the type; an <img> may still read it.
    }
  }
  const url = URL.createObjectURL(photo);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    return image;
  } catch {
    return null;
  } finally {
    URL.revokeObjectURL(url);
  }
}
