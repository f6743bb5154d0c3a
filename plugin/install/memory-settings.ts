/**
 * Variables of the service for the C library (mallopt(3)): memory outside JavaScript. From one arena, pieces of one thread are
 * used by the next. A lower threshold for mapped pieces makes idle connections of the relay smaller, but halves the speed of
 * large mails.
 */
export const MEMORY_SETTINGS = { MALLOC_ARENA_MAX: '1' } as const;

/** The same as words of a command or a unit of systemd. */
export const MEMORY_WORDS = Object.entries(MEMORY_SETTINGS)
  .map(([name, value]) => `${name}=${value}`)
  .join(' ');
