/** A clock that stands still until it is moved. */
export function fixedClock(start = '2026-11-24T12:00:00Z') {
  let now = Date.parse(start);
  const clock = () => new Date(now);
  return Object.assign(clock, {
    advance(seconds: number): void {
      now += seconds * 1000;
    },
  });
}
