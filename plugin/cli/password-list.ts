import { moveLink } from '../domain/mailbox/password-ends.js';
import { passwordSentence } from '../domain/mailbox/password-sentence.js';
import { inEnglish } from '../lib/phrase.js';
import type { EndingPassword } from '../usecases/list-passwords.js';
import type { Output } from './output.js';

const isoDay = (day: Date): string => day.toISOString().slice(0, 10);

/** Prints what still signs in with a password at a provider that ends it, sooner days first. */
export function printPasswords(out: Output, found: EndingPassword[], asJson: boolean): void {
  const rows = found.map(({ use, end, stage }) => ({
    kind: use.kind,
    id: use.id,
    name: use.name,
    type: use.type,
    host: use.host,
    service: end.service,
    ends: end.day,
    stage,
    text: inEnglish(passwordSentence(end, stage, isoDay)),
    source: end.source,
    checked: end.checked,
    move: moveLink(end),
  }));
  if (asJson) out.json(rows);
  else
    out.table(
      ['WHAT', 'ID', 'NAME', 'TYPE', 'HOST', 'ENDS', 'UNTIL WHEN', 'BEGIN THE MOVE'],
      rows.map(({ kind, id, name, type, host, ends, text, move }) => [
        kind,
        id ?? '',
        name,
        type,
        host,
        ends ?? '',
        text,
        move,
      ]),
    );
}
