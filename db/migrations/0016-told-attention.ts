import type { Knex } from 'knex';
import type { Tables } from '../dialect/tables.js';

/** Ranks up to this are errors and warnings (plugin/domain/token/token-state.ts). */
const ATTENTION = 3;

/**
 * Whether the state of a token that was reported last needed attention: some states begin as a note and become a warning
 * without another name, such as a client secret that expires. Where the list of alerts does not have such a state, it was
 * never reported, and is reported now.
 */
export async function up(knex: Knex, { alterOnce, types }: Tables): Promise<void> {
  const needsAttention = `CASE WHEN token_urgency <= ${ATTENTION} THEN 1 ELSE 0 END`;
  await alterOnce(knex, 'oauth2_sidecar_renewal', 'told_attention', (table) => {
    // NULL: not known, as the previous version leaves it.
    table.specificType('told_attention', types.tinyInteger).nullable();
    table.specificType(
      'is_change_untold',
      types.flag(
        `token_state IS NOT NULL AND (told_state IS NULL OR told_state <> token_state
           OR (told_attention IS NOT NULL AND told_attention <> ${needsAttention}))`,
      ),
    );
    table.index(['is_change_untold'], 'oauth2_sidecar_renewal_is_change_untold');
  });
  const known = knex('oauth2_sidecar_alert')
    .whereRaw('oauth2_sidecar_alert.config_id = oauth2_sidecar_renewal.token_config_id')
    .where('subject', 'like', 'configuration:%')
    // 2: nobody needs to act.
    .where('severity', '<', 2)
    .select(knex.raw('1'));
  await knex('oauth2_sidecar_renewal')
    .whereNull('told_attention')
    .whereNotNull('told_state')
    .update({
      // A configuration that is being set up is not in the list.
      told_attention: knex.raw(
        `CASE WHEN token_state = 'never-requested' THEN ${needsAttention} WHEN EXISTS (?) THEN 1 ELSE 0 END`,
        [known],
      ),
    });
}
