import type { Knex } from 'knex';
import { compareMailbox } from '../../plugin/domain/consent/identity.js';
import { despiteLocks } from '../despite-locks.js';
import type { Dialect } from '../dialect/dialect.js';
import { listOf } from '../dialect/list.js';
import { ownValues } from './own-values.js';
import { RENEWAL } from './renewal-table.js';

interface Candidate {
  id: number;
  mailbox: string;
  subject: string;
  login: string | null;
  email: string | null;
  issuer: string;
}

/**
 * Mail accounts whose login differs from the user who consented, and that are not shared mailboxes: usually
 * none.
 */
function candidates(knex: Knex, { expressions }: Dialect): Knex.QueryBuilder {
  const plain = (column: string) => expressions.plainText(`COALESCE(${column}, '')`);
  return knex
    .from({ m: 'mail_account' })
    .join({ i: 'oauth2_sidecar_identity' }, 'i.token_config_id', 'm.oauth2_token_config_id')
    .leftJoin({ s: 'oauth2_sidecar_shared_mailbox' }, (on) =>
      on.on('s.token_config_id', 'i.token_config_id').on('s.mail_account_id', 'm.id'),
    )
    .whereNull('s.mail_account_id')
    .whereRaw(`${plain('m.login')} NOT IN (${['i.login', 'i.email', 'i.subject'].map(plain).join(', ')})`)
    .select({
      id: 'i.token_config_id',
      mailbox: 'm.login',
      subject: 'i.subject',
      login: 'i.login',
      email: 'i.email',
      issuer: 'i.issuer',
    })
    .orderBy(['m.login', 'm.id']);
}

/**
 * Stores with each configuration whether another user's mailbox signs in with its token, for state, filter,
 * counts and bar. A row for which that has changed is due now. Two queries whose cost depends on the number
 * of mail accounts, and a third if something has changed.
 * @param configId only this one; without it, all
 * @returns how many have changed
 */
export async function noteOtherMailboxes(
  knex: Knex,
  dialect: Dialect,
  now: Date,
  configId?: number,
): Promise<number> {
  const found = candidates(knex, dialect);
  const noted = knex(RENEWAL).whereNotNull('other_mailbox').select('token_config_id', 'other_mailbox');
  if (configId !== undefined) {
    found.where('i.token_config_id', configId);
    noted.where('token_config_id', configId);
  }
  const others = new Map<number, string | null>();
  for (const { id, mailbox, ...identity } of (await found) as Candidate[])
    if (!others.has(id) && compareMailbox(identity, mailbox) === 'other') others.set(id, mailbox);
  for (const { token_config_id: id, other_mailbox: known } of await noted) {
    if (others.get(id) === known) others.delete(id);
    else if (!others.has(id)) others.set(id, null);
  }
  if (others.size === 0) return 0;
  const rows = [...others].map(([id, mailbox]) => ({ id, values: { other_mailbox: mailbox } }));
  const write = (part: typeof rows) => {
    const own = ownValues(dialect, 'token_config_id', part);
    const these = listOf(part.map(({ id }) => id));
    return dialect.statements.change(
      knex,
      `UPDATE ${RENEWAL} SET ${own.sql}, due_at = ? WHERE token_config_id IN ${these.sql}`,
      [...own.bindings, now.getTime(), ...these.bindings],
    );
  };
  if (configId !== undefined) {
    // Part of a consent's transaction, which a locked row must end.
    await write(rows);
    return rows.length;
  }
  const locked = await despiteLocks(dialect, rows, write);
  return rows.length - locked.length;
}
