/** In JSON `-0` becomes 0 and `1e999` null, so where a number or null stands outside of a text, equal JSON proves nothing. */
const NOT_EXACT = /[:[,](?:-?\d|null)/;

/**
 * Gives equal parts of many documents the same object, so that what is made of a part is made once. Thousands of
 * configurations come from a few templates, and most of a document is that of its template.
 * @param most different parts that are remembered
 */
export function createSharedParts(most = 200) {
  const known = new Map<string, object>();
  const shared = new WeakSet<object>();

  function sharedFor(part: object): object {
    const json = JSON.stringify(part);
    const same = known.get(json);
    if (same) return same;
    if (known.size < most && !NOT_EXACT.test(json)) {
      known.set(json, part);
      shared.add(part);
    }
    return part;
  }

  return {
    /** @returns the document with the parts of its first level shared; nobody may change them from here on */
    of: <D extends Record<string, unknown>>(document: D): D =>
      Object.fromEntries(
        Object.entries(document).map(([key, value]) => [
          key,
          typeof value === 'object' && value !== null ? sharedFor(value) : value,
        ]),
      ) as D,
    /** The same function, called once for each shared part. An object that it makes of one counts as a shared part, too. */
    remembering<T>(make: (part: object) => T): (part: object) => T {
      const made = new WeakMap<object, { result: T }>();
      return (part) => {
        if (!shared.has(part)) return make(part);
        const known = made.get(part) ?? { result: make(part) };
        made.set(part, known);
        if (typeof known.result === 'object' && known.result !== null) shared.add(known.result);
        return known.result;
      };
    },
  };
}

export type SharedParts = ReturnType<typeof createSharedParts>;
