/**
 * In JSON, `-0` becomes 0 and `1e999` becomes null. So if a number or null occurs outside a text, equal JSON
 * does not prove equality.
 */
const NOT_EXACT = /[:[,](?:-?\d|null)/;

/**
 * Replaces equal parts of many documents by the same object, so that results for a part are computed once.
 * Thousands of configurations come from a few templates, and most of a document is its template's.
 * @param most the highest number of different parts to remember
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
    /**
     * @returns the document with the parts of its first level shared; they must not be changed from now on
     */
    of: <D extends Record<string, unknown>>(document: D): D =>
      Object.fromEntries(
        Object.entries(document).map(([key, value]) => [
          key,
          typeof value === 'object' && value !== null ? sharedFor(value) : value,
        ]),
      ) as D,
    /**
     * The same function, called once for each shared part. An object that it returns for one counts as a
     * shared part, too.
     */
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
