import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

/** All pieces of a text that arrives in pieces of UTF-8. */
export const wholeText = async (pieces: AsyncIterable<Uint8Array>): Promise<string> =>
  (await buffer(Readable.from(pieces))).toString('utf8');
