/** Pictures as files: PNG and JPEG in, PNG out, through sharp (libvips), which is loaded on first use. */
import { readFile } from 'node:fs/promises'
import type { Sharp } from 'sharp'
import { array, elements, shapeText, type NdArray } from './array.js'
import { writeFileAtomic } from './atomic.js'
import { FileError, fileError, messageOf } from './error.js'

/** A picture of 8 bits: [height, width, channels], one channel (grey) or three (sRGB). */
export type Picture = NdArray<Uint8Array>

/** What a header says. */
export interface PictureInfo {
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
}

export interface ReadPictureOptions {
  /** Grey is repeated, colour becomes its luminance; as stored unless given. */
  readonly channels?: 1 | 3
  /** [height, width] to resize to, by cubic interpolation, the aspect ratio given up; as stored unless given. */
  readonly size?: readonly [height: number, width: number]
}

const loadSharp = async (): Promise<typeof import('sharp').default> => (await import('sharp')).default

/** The file's bytes, so that the decoder keeps no cache by name and a file replaced meanwhile is read anew. */
async function open(path: string): Promise<{ picture: Sharp; info: PictureInfo }> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw fileError(path, error)
  })
  const found = (text: string, cause?: unknown): FileError =>
    new FileError(path, {
      expected: 'a PNG or JPEG picture',
      found: text,
      remedy: 'Save the picture again, or take the file out of the folder.',
      cause,
    })
  if (bytes.length === 0) throw found('an empty file')
  const picture = (await loadSharp())(bytes, { failOn: 'warning' }).autoOrient()
  const header = await picture.metadata().catch((error: unknown) => {
    throw found(`one that cannot be decoded (${reason(error)})`, error)
  })
  if (header.format !== 'png' && header.format !== 'jpeg') throw found(`the format ${header.format}`)
  // 16-bit greys are stored as 'grey16'; palettes are unpacked to sRGB.
  const channels = header.space === 'b-w' || header.space === 'grey16' ? 1 : 3
  return { picture, info: { height: header.autoOrient.height, width: header.autoOrient.width, channels } }
}

const reason = (error: unknown): string => messageOf(error).trim().split('\n')[0]!

/**
 * Height, width and channels, from the header alone.
 * @throws FileError where the file is missing, or no PNG or JPEG
 */
export const pictureInfo = async (path: string): Promise<PictureInfo> => (await open(path)).info

/**
 * Reads a PNG or JPEG of any depth or palette as 8 bits, turned as its EXIF orientation says. An alpha channel is dropped.
 * @throws FileError where the file is missing, truncated, damaged, or no PNG or JPEG
 */
export async function readPicture(path: string, options: ReadPictureOptions = {}): Promise<Picture> {
  const { picture, info } = await open(path)
  const channels = options.channels ?? info.channels
  picture.removeAlpha().toColourspace(channels === 1 ? 'b-w' : 'srgb')
  if (options.size) {
    const [height, width] = options.size
    picture.resize({ height, width, fit: 'fill', kernel: 'cubic' })
  }
  const { data, info: raw } = await picture
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw new FileError(path, {
        expected: `a whole picture of ${info.height} x ${info.width} pixels`,
        found: `damaged data (${reason(error)})`,
        remedy: 'Save the picture again, or take the file out of the folder.',
        cause: error,
      })
    })
  return array(new Uint8Array(data.buffer, data.byteOffset, data.length), [raw.height, raw.width, raw.channels], path)
}

/**
 * A picture [height, width] or [height, width, 1 or 3] as the bytes of a PNG.
 * @throws RangeError for another shape
 */
export async function encodePng(picture: Picture): Promise<Uint8Array> {
  const [height = 0, width = 0, channels = 1] = picture.shape
  const fits = [2, 3].includes(picture.shape.length) && height > 0 && width > 0
  if (!fits || (channels !== 1 && channels !== 3))
    throw new RangeError(
      `encodePng: expected [height, width] or [height, width, 1 or 3], got ${shapeText(picture.shape)}`,
    )
  const image = (await loadSharp())(elements(picture), { raw: { height, width, channels } })
  // libvips writes one-channel data as sRGB unless told.
  if (channels === 1) image.toColourspace('b-w')
  return image.png({ compressionLevel: 6 }).toBuffer()
}

/** Writes a picture as PNG, beside its target and renamed. Throws what `encodePng` and `writeFileAtomic` throw. */
export async function writePng(path: string, picture: Picture, options: { sync?: boolean } = {}): Promise<void> {
  await writeFileAtomic(path, await encodePng(picture), options)
}
