import { rmSync } from 'node:fs';
import path from 'node:path';
import { databaseRows } from './database.js';
import { removeAllConfigs } from './granted-config.js';
import { lab } from './instance.js';
import { provider } from './provider.js';

/**
 * Each mocha process begins without the configurations, mail accounts and alerts of the files before it: their renewals
 * would be counted by the provider, release what waits for it, and change tables that a test compares. So the order of
 * files does not matter.
 */
before(async () => {
  await removeAllConfigs();
  for (const table of ['mail_account', 'oauth2_sidecar_alert', 'oauth2_sidecar_alert_message'])
    await databaseRows(`DELETE FROM ${table}`);
  // The helpdesk's own list of them.
  rmSync(path.join(lab.home, 'var/tmp/CacheFileStorable/MailAccount'), { recursive: true, force: true });
  await provider.reset();
});
