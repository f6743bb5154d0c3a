import { inEnglish } from '../../../lib/phrase.js';
import { CAUSES } from '../explain-provider-error.js';
import type { Actor, Cause } from './cause.js';

const WHO: Record<Actor, string> = {
  owner: 'owner of the mailbox',
  'tenant-admin': 'administrator of the tenant',
  admin: 'administrator of the helpdesk',
  nobody: 'nobody',
};

const place = ({ place: where }: Cause): string =>
  where ? ` ([${inEnglish(where.name)}](${where.url}))` : '';

/** A line of a table in docs/troubleshooting.md. */
const line = (cause: Cause, keys: string[]): string =>
  `| ${keys.join(', ')} | ${inEnglish(cause.what)} | ${WHO[cause.who]} | ${inEnglish(cause.remedy)}${place(cause)} |`;

const table = (head: string, lines: string[]): string =>
  [`| ${head} | What it means | Who acts | What to do |`, '|---|---|---|---|', ...lines].join('\n');

const asCode = (key: string): string => ['', key, ''].join('`');
const isNumber = (key: string) => /^\d+$/.test(key);

/** The tables of docs/troubleshooting.md in Markdown, by their heading. */
export function describedCauses(): { codes: string; numbers: string } {
  const codes = CAUSES.flatMap((cause) => {
    const keys = cause.keys.filter((key) => !isNumber(key)).map(asCode);
    return keys.length > 0 ? [line(cause, keys)] : [];
  });
  const numbers = CAUSES.flatMap((cause) => {
    const keys = cause.keys.filter(isNumber).sort((a, b) => Number(a) - Number(b));
    return keys.length > 0 ? [{ first: Number(keys[0]), text: line(cause, keys) }] : [];
  }).sort((a, b) => a.first - b.first);
  return {
    codes: table('`error`', codes),
    numbers: table(
      'AADSTS',
      numbers.map(({ text }) => text),
    ),
  };
}
