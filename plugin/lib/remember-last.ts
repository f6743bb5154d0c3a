/**
 * Returns the same function; the same argument as the time before brings the same result without a call. For values
 * that come in runs, such as the times of rows that were written together.
 */
export function rememberLast<A extends string | number | null, T>(
  work: (argument: A) => T,
): (argument: A) => T {
  let last: { argument: A; result: T } | undefined;
  return (argument) => {
    if (last?.argument !== argument) last = { argument, result: work(argument) };
    return last.result;
  };
}
