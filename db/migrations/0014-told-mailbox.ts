import type { Knex } from 'knex';
import type { Tables } from '../dialect/tables.js';

/** The states of mail, which used to be reported as states of the configuration. */
const MAIL = ['mail-stopped', 'mail-failing'];
/** Not an error and not a warning (plugin/domain/token/token-state.ts). */
const WELL = 7;

/**
 * Adds the state of each mailbox, and the one that was reported last; the state of each token without its mailboxes,
 * which is reported separately; and a mark of the stored tokens, which tells a failed refresh from a successful one.
 */
export async function up(knex: Knex, { alterOnce, types }: Tables): Promise<void> {
  await alterOnce(knex, 'oauth2_sidecar_mailbox', 'told_state', (table) => {
    table.specificType('told_state', types.word(30)).nullable();
    // State and severity as they were judged last; NULL: not a mailbox that signs in with a token.
    table.specificType('state', types.word(30)).nullable();
    table.specificType('severity', types.tinyInteger).nullable();
    table.index(['severity', 'state'], 'oauth2_sidecar_mailbox_state');
  });
  await alterOnce(knex, 'oauth2_sidecar_renewal', 'token_state', (table) => {
    table.specificType('token_state', types.word(30)).nullable();
    table.specificType('token_urgency', types.tinyInteger).nullable();
  });
  await alterOnce(knex, 'oauth2_sidecar_renewal', 'tokens_mark', (table) => {
    table.bigInteger('tokens_mark').nullable();
  });
  await knex('oauth2_sidecar_renewal').whereNull('token_state').whereIn('told_state', MAIL).update({
    told_state: 'valid',
  });
  // The mailboxes themselves are reported from now on.
  await knex('oauth2_sidecar_alert')
    .where('subject', 'like', 'configuration:%')
    .whereIn('state', MAIL)
    .delete();
  await knex('oauth2_sidecar_renewal')
    .whereNull('token_state')
    .whereNotNull('state')
    .update({
      token_state: knex.raw("CASE WHEN state IN (?, ?) THEN 'valid' ELSE state END", MAIL),
      token_urgency: knex.raw('CASE WHEN state IN (?, ?) THEN ? ELSE urgency END', [...MAIL, WELL]),
    });
}
