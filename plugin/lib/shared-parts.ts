/**
 * Parts that many documents share are one frozen object (db/document-parts.ts), so that what is computed from such a
 * part is computed once.
 */

/**
 * Freezes a value of JSON with everything in it, because several documents will share it. Expects everything in a
 * frozen value to be frozen as well.
 */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) freezeDeep(inner);
  return Object.freeze(value);
}

/**
 * Returns the same function, called once for each shared part. An object that it returns for one is frozen and
 * counts as a shared part, too.
 */
export function remembering<T>(make: (part: object) => T): (part: object) => T {
  const made = new WeakMap<object, { result: T }>();
  return (part) => {
    if (!Object.isFrozen(part)) return make(part);
    const known = made.get(part) ?? { result: freezeDeep(make(part)) };
    made.set(part, known);
    return known.result;
  };
}
