import { inner, type Phrase, phrase } from '../lib/phrase.js';
import type { YamlFault } from './yaml-entries.js';

/** What to do about a fault, by the code of the library (its ErrorCode) or of yaml-entries.ts. */
const REMEDIES: Readonly<Record<string, Phrase>> = {
  BAD_ALIAS: phrase(
    'The alias has no anchor before it in the same entry. Put a text that begins with an asterisk in quotes.',
  ),
  BAD_DQ_ESCAPE: phrase('A text in double quotes contains an unknown escape. Write each backslash twice.'),
  BAD_INDENT: phrase(
    'The indentation does not fit the lines above, or a bracket is not closed. Indent all keys of a map by the same number of spaces.',
  ),
  BAD_SCALAR_START: phrase(
    'The text begins with a character that has a meaning in YAML. Put the text in quotes.',
  ),
  BLOCK_AS_IMPLICIT_KEY: phrase('The line has a second colon. Put a text that contains a colon in quotes.'),
  DUPLICATE_KEY: phrase('The key appears twice in its map. Remove one of the two.'),
  LONE_SURROGATE: phrase('The text contains half of a character (a surrogate). Write the whole character.'),
  MISSING_CHAR: phrase('A bracket, quotation mark, comma or space is missing here or in the lines above.'),
  MULTILINE_IMPLICIT_KEY: phrase('A colon is missing after a key, or the indentation is wrong.'),
  MULTIPLE_DOCS: phrase('A second document begins here. Import each document as a file of its own.'),
  TAB_AS_INDENT: phrase('The line is indented with a tab. Use spaces.'),
  TOO_MANY_ALIASES: phrase('The entry contains more than 50 aliases. Write out the values.'),
  ZERO_BYTE: phrase('The text contains a zero byte. Remove it.'),
};
const OTHER = phrase('This is not valid YAML. Check quotes, colons, brackets and indentation.');

/** Says where the fault is, and what to do. */
export const yamlProblem = ({ line, column, code }: YamlFault): Phrase =>
  phrase('Line %s, column %s: %s', line, column, inner(REMEDIES[code] ?? OTHER));
