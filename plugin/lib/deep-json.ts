/**
 * Column length alone limits how deeply a stored document is nested. Most code that reads documents is
 * recursive, including Node's `JSON.stringify` and `structuredClone`. So the parts below this depth, which no
 * helpdesk's own document reaches, are kept as one string of their JSON and become the same text again when
 * JSON is written.
 */
const MAX_DEPTH = 32;
/** No text of a form or a file holds a zero byte. */
const MARK = '\0json:';
/** The start of a marked string, as `JSON.stringify` writes it. */
const WRITTEN = '"\\u0000json:';

/**
 * Finds the quote that ends a string. Not a regular expression, because it would keep a backtracking position
 * for each escape and fail above some megabytes.
 * @param start position of the opening quote
 * @returns the position of the closing quote, or the length of the JSON if there is none
 */
export function endOfString(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === 0x5c) at++;
    else if (code === 0x22) return at;
  }
  return json.length;
}

/**
 * Does the JSON have enough opening brackets to be too deep? Hardly any document has, and counting is far
 * cheaper than parsing.
 */
function mayBeDeep(json: string): boolean {
  let left = MAX_DEPTH;
  for (const bracket of '{[')
    for (let at = json.indexOf(bracket); at >= 0; at = json.indexOf(bracket, at + 1))
      if (left-- === 0) return true;
  return false;
}

/**
 * Returns JSON of at most 32 levels: each deeper part becomes a string that `isDeep` recognises. Takes linear
 * time and does not validate the JSON.
 */
export function flattenDeep(json: string): string {
  if (!mayBeDeep(json)) return json;
  let depth = 0;
  let start = 0;
  let done = 0;
  let flat = '';
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === 0x22) at = endOfString(json, at);
    else if (code === 0x7b || code === 0x5b) {
      if (++depth === MAX_DEPTH + 1) start = at;
    } else if (code === 0x7d || code === 0x5d) {
      if (depth-- !== MAX_DEPTH + 1) continue;
      flat += json.slice(done, start) + JSON.stringify(MARK + json.slice(start, at + 1));
      done = at + 1;
    }
  }
  return done === 0 ? json : flat + json.slice(done);
}

/** Does the string stand for a deep part? */
export const isDeep = (value: unknown): value is string =>
  typeof value === 'string' && value.startsWith(MARK);

/** The JSON of a deep part. */
export const deepText = (value: string): string => value.slice(MARK.length);

/** Puts the deep parts back into JSON as they were. */
export function restoreDeep(json: string): string {
  let done = 0;
  let whole = '';
  for (let at = json.indexOf(WRITTEN); at >= 0; at = json.indexOf(WRITTEN, done)) {
    const end = endOfString(json, at) + 1;
    whole += json.slice(done, at) + restored(json.slice(at, end));
    done = end;
  }
  return done === 0 ? json : whole + json.slice(done);
}

function restored(written: string): string {
  const text = deepText(JSON.parse(written) as string);
  try {
    JSON.parse(text);
    return text;
  } catch {
    // A user's own text that starts with our mark.
    return written;
  }
}
