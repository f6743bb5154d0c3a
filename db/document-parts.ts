import { endOfString } from '../plugin/lib/deep-json.js';
import { freezeDeep } from '../plugin/lib/shared-parts.js';

type Json = Record<string, unknown>;

/** `"Key":` as all writers of the helpdesk's documents write it. */
const KEY = /"([A-Za-z_][\w.-]*)":/y;
/** A text without escapes, or a value that is short. */
const SCALAR = /"([^"\\\p{Cc}]*)"|true|false|null|\d{1,15}(?=[,}])/uy;
/** An object treats these keys specially (json-document.ts). */
const SPECIAL = /^(?:__proto__|toString|valueOf)$/;

/** Documents, and parts of each key, to remember; the length of each; and how many keys. */
const MOST = { values: 50, length: 8192, keys: 20 };

interface Known<T extends object> {
  text: string;
  value: T;
}

/** Remembers values by their text, at most fifty: the one that was used last comes first. */
function createMemory<T extends object>() {
  const known: Known<T>[] = [];
  return {
    /** @returns what the text has at this place, if it is known */
    find(json: string, at: number): Known<T> | undefined {
      // Takes a fifth of the time of startsWith().
      const index = known.findIndex(({ text }) => json.slice(at, at + text.length) === text);
      if (index > 0) known.unshift(...known.splice(index, 1));
      return index < 0 ? undefined : known[0];
    },
    add(text: string, value: T): void {
      if (text.length > MOST.length) return;
      known.unshift({ text, value: freezeDeep(value) });
      known.length = Math.min(known.length, MOST.values);
    },
  };
}

/**
 * Reads documents by their first level, and returns the same frozen object for equal texts, of whole documents and of
 * their parts. Thousands of configurations come from a few templates and clients: what they have in common is compared
 * instead of parsed, is in memory once, and what is computed from it can be remembered (plugin/lib/shared-parts.ts). No
 * JSON value that begins with `{` or `[` continues another one, so the comparison is exact.
 * @param parse reads one part
 */
export function createDocumentReader(parse: (json: string) => unknown) {
  const documents = createMemory<Json>();
  /** By key. */
  const parts = new Map<string, ReturnType<typeof createMemory>>();

  function partAt(json: string, at: number, key: string): Known<object> | null {
    const memory = parts.get(key) ?? createMemory();
    const found = memory.find(json, at);
    if (found) return found;
    const text = json.slice(at, endOfPart(json, at));
    const value = parse(text);
    if (typeof value !== 'object' || value === null) return null;
    if (parts.has(key) || parts.size < MOST.keys) {
      memory.add(text, value);
      parts.set(key, memory);
    }
    return { text, value };
  }

  function read(json: string): Json | null {
    const document: Json = {};
    for (let at = 1; at < json.length; at++) {
      KEY.lastIndex = at;
      const [whole = '', key = ''] = KEY.exec(json) ?? [];
      if (key === '' || SPECIAL.test(key)) return null;
      at += whole.length;
      const first = json[at];
      if (first === '{' || first === '[') {
        const part = partAt(json, at, key);
        if (!part) return null;
        document[key] = part.value;
        at += part.text.length;
      } else {
        SCALAR.lastIndex = at;
        const found = SCALAR.exec(json);
        if (!found) return null;
        document[key] = found[1] ?? JSON.parse(found[0]);
        at += found[0].length;
      }
      if (json[at] === '}') return at === json.length - 1 ? document : null;
      if (json[at] !== ',') return null;
    }
    return null;
  }

  /** @returns null: the JSON is written in an unusual way, or is none */
  return (json: string): Json | null => {
    if (!json.startsWith('{"')) return null;
    const same = documents.find(json, 0);
    if (same) return same.text.length === json.length ? same.value : null;
    const document = read(json);
    if (document) documents.add(json, document);
    return document;
  };
}

/** @returns the position after the bracket that closes the one at `start`, or the length if there is none */
function endOfPart(json: string, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === 0x22) at = endOfString(json, at);
    else if (code === 0x7b || code === 0x5b) depth++;
    else if ((code === 0x7d || code === 0x5d) && --depth === 0) return at + 1;
  }
  return json.length;
}
