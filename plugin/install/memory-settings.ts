/**
 * Variables of the service for the C library (mallopt(3)): memory outside JavaScript. From one arena, pieces of one thread are
 * used by the next. Larger pieces than the threshold are mapped on their own and given back at once: buffers of TLS (17 to
 * 64 KB) would otherwise leave used memory between what a connection keeps, 20 to 30 KB of it for each. Pieces of 16 KB are
 * not among them: Node.js makes one for each record that it has decrypted, and mapping them more than doubles the processor
 * time of transfers. But nothing is mapped on its own while the end of the heap has room for it, so that end stays smaller
 * than the 64 KB that Node.js reserves for what each TLS connection receives: of a mapped piece only the part in use takes
 * memory, of a piece of the heap also what others used before.
 */
export const MEMORY_SETTINGS = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '16500',
  MALLOC_TOP_PAD_: '32768',
  MALLOC_TRIM_THRESHOLD_: '65536',
} as const;

/** The same as words of a command or a unit of systemd. */
export const MEMORY_WORDS = Object.entries(MEMORY_SETTINGS)
  .map(([name, value]) => `${name}=${value}`)
  .join(' ');
