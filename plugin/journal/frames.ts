/** A file of the journal is a sequence of frames: four bytes with the length, then that many bytes. */

const HEAD = 4;
/** Far more than an answer of 1 MB and the previous row need. Bytes. */
const LONGEST = 16 * 1024 * 1024;
/** The largest file, which contains what arrives during one write to the disk. Bytes. */
export const LARGEST_FILE = 256 * 1024 * 1024;

export function frame(content: Buffer): Buffer {
  const head = Buffer.alloc(HEAD);
  head.writeUInt32BE(content.length);
  return Buffer.concat([head, content]);
}

/**
 * @returns whole: false if the file is truncated or does not consist of frames; the frames before that point
 *   are valid
 */
export function splitFrames(file: Buffer): { frames: Buffer[]; whole: boolean } {
  const frames: Buffer[] = [];
  let at = 0;
  while (at + HEAD <= file.length) {
    const length = file.readUInt32BE(at);
    if (length > LONGEST || at + HEAD + length > file.length) break;
    frames.push(file.subarray(at + HEAD, at + HEAD + length));
    at += HEAD + length;
  }
  return { frames, whole: at === file.length };
}
