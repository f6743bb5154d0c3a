import { SidecarError } from '../errors.js';
import { MAX_PARAMETERS, type Pair, type UploadedFile } from './parameters.js';

const broken = (log = 'The multipart body is broken') => new SidecarError('bad-request', { log });

/** Counts the occurrences of a text, up to one more than `most`. */
function countUpTo(most: number, text: Buffer, sought: string): number {
  let count = 0;
  for (let at = text.indexOf(sought); at >= 0 && count <= most; at = text.indexOf(sought, at + sought.length))
    count++;
  return count;
}

/**
 * Reads a multipart form with Node's own parser (the Fetch standard's `formData`). That parser accepts any
 * number of parts, so they are counted first.
 * @throws SidecarError bad-request
 */
export async function readMultipart(
  body: Buffer,
  type: string,
): Promise<{ pairs: Pair[]; files: Map<string, UploadedFile> }> {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(type) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw broken();
  // The last boundary ends the body.
  if (countUpTo(MAX_PARAMETERS + 1, body, `--${boundary}`) > MAX_PARAMETERS + 1)
    throw broken(`More than ${MAX_PARAMETERS} parts`);
  const pairs: Pair[] = [];
  const files = new Map<string, UploadedFile>();
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  } catch {
    throw broken();
  }
  for (const [name, value] of form.entries()) {
    if (typeof value === 'string') pairs.push([name, value]);
    else files.set(name, { name: value.name, content: Buffer.from(await value.arrayBuffer()) });
  }
  return { pairs, files };
}
