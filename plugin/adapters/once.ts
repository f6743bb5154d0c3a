/** Builds a part on first use and returns the same one afterwards. A failure is not cached. */
export type Once<T> = (() => Promise<T>) & {
  /** The part, if it was requested before; otherwise undefined. */
  made(): Promise<T> | undefined;
};

export function once<T>(make: () => Promise<T>): Once<T> {
  let made: Promise<T> | undefined;
  const get = () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
  return Object.assign(get, { made: () => made });
}
