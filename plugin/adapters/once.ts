/** Makes a part when it is first asked for, and returns the same one from then on. A failure is not kept. */
export type Once<T> = (() => Promise<T>) & {
  /** What was made so far; undefined where nobody has asked. */
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
