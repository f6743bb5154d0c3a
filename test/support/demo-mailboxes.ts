import { CREDENTIALS } from '../lab/instance.js';
import { consent } from './consent.js';
import { databaseRows } from './database.js';
import { addConfig, begin } from './granted-config.js';
import { deliverMail, mailAccount } from './mail.js';
import { provider } from './provider.js';
import { type Session, session } from './session.js';

const [SUPPORT, SALES] = CREDENTIALS.mailboxes;
const SCOPE = { Scope: 'openid email offline_access' };
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

/** The whole flow, as a browser goes through it. */
async function grant(admin: Session, id: number, account: string): Promise<void> {
  const back = await consent(await begin(admin, id), 'allow', account);
  await fetch(back, { redirect: 'manual', headers: { Cookie: `OTRSAgentInterface=${admin.id}` } });
}

/**
 * A mailbox in each of the states that an admin meets: valid, failing, its client secret ending, its grant revoked.
 * Everything is done at the lab's genuine helpdesk and provider. Does nothing where there are token configurations.
 */
export async function addDemoMailboxes(): Promise<void> {
  const [count] = await databaseRows('SELECT COUNT(*) FROM oauth2_token_config');
  if (Number(count?.[0]) > 0) return;
  const admin = await session(CREDENTIALS.admin);
  const add = async (name: string, login: string, more: Record<string, string> = {}) => {
    const id = await addConfig(admin, name, { ...SCOPE, NotifyOnExpiredToken: '1', ...more });
    await mailAccount('IMAP', id, login);
    return id;
  };
  const renew = (id: number) =>
    admin.post('Action=AdminOAuth2TokenManagement;Subaction=RefreshToken', { ID: String(id) });
  const ended = await add('Newsletter', 'newsletter@example.test');
  await grant(admin, ended, 'newsletter@example.test');
  await provider.revokeEverything();
  await renew(ended);
  await grant(admin, await add('Support', SUPPORT), SUPPORT);
  deliverMail(SUPPORT, 'My printer is on fire');
  const ending = await add('Sales', SALES, { ClientSecretExpires: inDays(10) });
  await grant(admin, ending, SALES);
  const failing = await add('Billing', 'billing@example.test');
  await grant(admin, failing, 'billing@example.test');
  // Somebody entered the client secret of another app: the provider refuses the next renewal.
  await databaseRows(
    `UPDATE oauth2_token_config SET config = JSON_SET(config, '$.ClientSecret', 'of-another-app') WHERE id = ${failing}`,
  );
  await renew(failing);
}
