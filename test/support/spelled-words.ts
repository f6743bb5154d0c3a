import type { Random } from './random.js';

const hex = (random: Random, code: number): string => {
  const digits = code.toString(16).padStart(2, '0');
  return `%${random.chance(0.5) ? digits.toUpperCase() : digits}`;
};

/** Some letters percent-encoded. */
export const encoded = (random: Random, word: string, share: number): string =>
  [...word].map((sign) => (random.chance(share) ? hex(random, sign.charCodeAt(0)) : sign)).join('');

export const plain = (text: string): string => encodeURIComponent(text);

const JUNK = [
  '%20',
  '+',
  '%00',
  '%0a',
  '%0d',
  '%09',
  '%0b',
  '%7f',
  '%01',
  '\x01',
  '\t',
  '%c2%a0',
  '%e2%80%8b',
  '%',
  '%zz',
  '/',
];

/** A word that a lenient reader could take for this one. */
export function bent(random: Random, word: string): string {
  const at = random.below(word.length);
  const sign = word.charCodeAt(at);
  const replaced = (by: string) => word.slice(0, at) + by + word.slice(at + 1);
  return random.pick([
    () => word + random.pick(JUNK),
    () => random.pick(JUNK) + word,
    () => word.slice(0, at) + random.pick(JUNK) + word.slice(at),
    () =>
      replaced(
        word[at] === word[at]?.toLowerCase()
          ? (word[at] ?? '').toUpperCase()
          : (word[at] ?? '').toLowerCase(),
      ),
    () => word.toLowerCase(),
    () => replaced(`%25${sign.toString(16)}`),
    // Over-long forms of UTF-8, and the escape that Perl's CGI module also knows.
    () => replaced(`%c1%${(0x80 | (sign & 0x3f)).toString(16)}`),
    () => replaced(`%e0%81%${(0x80 | (sign & 0x3f)).toString(16)}`),
    () => replaced(`%u00${sign.toString(16)}`),
    () => replaced(`&#${sign};`),
    () => encoded(random, word, 1) + random.pick(JUNK),
    () => `${word}::${word}`,
    () => `Kernel::Modules::${word}`,
    () => `${word}'`,
    () => `../Modules/${word}`,
  ])();
}

/** The same things in another order. */
export function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const rest = [...list];
  const out: T[] = [];
  while (rest.length > 0) out.push(...rest.splice(random.below(rest.length), 1));
  return out;
}
