import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { databaseRows } from './database.js';
import { removeAllConfigs } from './granted-config.js';
import { lab } from './instance.js';
import { provider } from './provider.js';

/** In which folders of a Maildir messages are. */
const WITH_MESSAGES = ['cur', 'new'];

function emptyMailboxes(): void {
  for (const user of readdirSync(lab.mail))
    for (const folder of WITH_MESSAGES.map((name) => path.join(lab.mail, user, name)))
      for (const message of existsSync(folder) ? readdirSync(folder) : []) rmSync(path.join(folder, message));
}

/**
 * Each mocha process begins without the configurations, mail accounts, messages, alerts and history of the files before
 * it: their renewals would be counted by the provider, release what waits for it, and change tables that a test compares;
 * their messages would be fetched, and their names stand in the history. So the order of files does not matter.
 */
before(async () => {
  await removeAllConfigs();
  const tables = [
    'mail_account',
    'oauth2_sidecar_alert',
    'oauth2_sidecar_alert_message',
    'oauth2_sidecar_event',
  ];
  for (const table of tables) await databaseRows(`DELETE FROM ${table}`);
  // A fetch that was stopped blocks others for ten minutes.
  await databaseRows("DELETE FROM process_id WHERE process_name = 'MailAccountFetch'");
  emptyMailboxes();
  // The helpdesk's own list of them.
  rmSync(path.join(lab.home, 'var/tmp/CacheFileStorable/MailAccount'), { recursive: true, force: true });
  await provider.reset();
});
