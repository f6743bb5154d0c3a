/** A file of the journal is a row of frames: four bytes with the length, then so many bytes. */

const HEAD = 4;
/** Far above what an answer of 1 MB and the row before it take. Bytes. */
const LONGEST = 16 * 1024 * 1024;
/** Of a whole file, which holds what arrives during one write to the disk. Bytes. */
export const LARGEST_FILE = 256 * 1024 * 1024;

export function frame(content: Buffer): Buffer {
  const head = Buffer.alloc(HEAD);
  head.writeUInt32BE(content.length);
  return Buffer.concat([head, content]);
}

/** @returns whole: false where the file is cut short, or is none of frames; what comes before that counts */
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
