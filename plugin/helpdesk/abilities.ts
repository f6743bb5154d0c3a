import path from 'node:path';
import type { Clock } from '../domain/clock.js';
import type { Abilities } from '../domain/helpdesk/abilities.js';
import { readRegularFile } from '../lib/regular-file.js';
import { scriptsOf } from './console.js';

/**
 * The module of each ability. A module that signs in with a token requests one, and therefore names
 * OAuth2Token.
 */
const NAMED = /OAuth2Token/;
const MODULES: Record<Exclude<keyof Abilities, 'scripts'>, string> = {
  builtIn: 'Kernel/System/OAuth2Token.pm',
  mailAccounts: 'Kernel/System/MailAccount/IMAP.pm',
  smtp: 'Kernel/System/Email/SMTP.pm',
  webServices: 'Kernel/GenericInterface/Transport/HTTP/REST.pm',
};
/**
 * The helpdesk loads a module from the first of these folders that has it: add-ons and sites put their own
 * modules in Custom.
 */
const FOLDERS = ['Custom', '.'];
const MAX_AGE_MS = 60_000;

/**
 * Reads what this helpdesk's own modules can do and what its scripts are called. Reads again after a minute,
 * because the helpdesk may be updated while the sidecar runs.
 */
export function createAbilities(home: string, clock: Clock = () => new Date()): () => Promise<Abilities> {
  let known: { at: number; abilities: Promise<Abilities> } | null = null;
  return () => {
    const now = clock().getTime();
    if (!known || Math.abs(now - known.at) >= MAX_AGE_MS) known = { at: now, abilities: read(home) };
    return known.abilities;
  };
}

async function read(home: string): Promise<Abilities> {
  const asks = async (module: string): Promise<boolean> => {
    for (const folder of FOLDERS) {
      const text = await readRegularFile(path.join(home, folder, module)).then(
        (content) => content.toString('utf8'),
        () => null,
      );
      if (text !== null) return NAMED.test(text);
    }
    return false;
  };
  const [builtIn, mailAccounts, smtp, webServices] = await Promise.all([
    asks(MODULES.builtIn),
    asks(MODULES.mailAccounts),
    asks(MODULES.smtp),
    asks(MODULES.webServices),
  ]);
  return { builtIn, mailAccounts, smtp, webServices, scripts: scriptsOf(home) };
}
