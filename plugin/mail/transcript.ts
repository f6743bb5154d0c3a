import type { TranscriptLine } from '../domain/mailbox.js';
import { REMOVED, scrub } from '../lib/scrub.js';

const MAX_LINES = 80;
const MAX_LENGTH = 300;

/** Control characters, and those that turn the direction of a text (Unicode Bidi_Control). */
const UNSEEN = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** What was said, fit to be shown: cut, printable, and without the token in whatever form it comes back. */
export interface Transcript {
  readonly lines: TranscriptLine[];
  client(line: string): void;
  server(line: string): void;
  /** One text of the server for a person. */
  clean(text: string): string;
}

/** @param secrets what never stands in a line, such as the token and the line that carries it */
export function createTranscript(secrets: string[]): Transcript {
  const hidden = secrets.filter((secret) => secret !== '');
  const lines: TranscriptLine[] = [];

  function clean(text: string): string {
    let shown = text.slice(0, 16 * 1024);
    for (const secret of hidden) shown = shown.replaceAll(secret, REMOVED);
    // A piece of it is enough to be taken out.
    shown = shown.replace(/[\w\-.~+/=]{12,}/g, (word) =>
      hidden.some((secret) => secret.includes(word)) ? REMOVED : word,
    );
    shown = scrub(shown).replace(UNSEEN, '\ufffd');
    return shown.length > MAX_LENGTH ? `${shown.slice(0, MAX_LENGTH)}…` : shown;
  }

  const add = (from: TranscriptLine['from']) => (line: string) => {
    if (lines.length < MAX_LINES) lines.push({ from, text: clean(line) });
    else if (lines.length === MAX_LINES) lines.push({ from, text: '…' });
  };
  return { lines, clean, client: add('client'), server: add('server') };
}
