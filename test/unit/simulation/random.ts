/** Numbers that look random and repeat with the same seed (mulberry32). */
export function randomOf(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    chance: (probability: number): boolean => next() < probability,
    between: (least: number, most: number): number => least + next() * (most - least),
    below: (limit: number): number => Math.floor(next() * limit),
  };
}
export type Random = ReturnType<typeof randomOf>;
