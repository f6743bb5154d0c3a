import path from 'node:path';
import { type Abilities, NO_ABILITIES } from '../domain/helpdesk/abilities.js';
import type { MailFetcher } from '../domain/mailbox/mail-fetcher.js';
import { SidecarError } from '../errors.js';
import { packageFolder } from '../lib/package-folder.js';
import type { AdapterContext } from './context.js';
import { once } from './once.js';

/** The helpdesk's folder: product, Perl, settings of Config.pm, templates. */
export function helpdeskAdapters({ config, log, clock }: AdapterContext) {
  const { home } = config;

  /**
   * Recognises the product. Everything else waits for this, because the sidecar does nothing on an
   * unsupported product.
   */
  const recognised = once(async () => {
    const { recogniseHome } = await import('../helpdesk/product.js');
    return recogniseHome(home);
  });
  const perl = once(async () => {
    const { createHelpdeskPerl } = await import('../helpdesk/perl.js');
    return createHelpdeskPerl(home, config.helpdeskEnv);
  });
  /** The settings of Config.pm, from the helpdesk's Perl or as given in the configuration. */
  const settingsSource = once(async () => {
    await recognised();
    const { given } = config;
    if (config.isAlone && !given?.file && !given?.values.DatabaseDSN)
      throw new SidecarError('config-invalid', {
        detail:
          'Without a helpdesk (HELPDESK_HOME=none) the sidecar needs a database of its own: set HELPDESK_DATABASE_DSN, HELPDESK_DATABASE_USER and HELPDESK_DATABASE_PASSWORD.',
      });
    if (given) {
      const { createGivenSettings, settingsAlone } = await import('../config/given-settings.js');
      return createGivenSettings(given, config.isAlone ? settingsAlone : {});
    }
    const { createPerlSettings } = await import('../config/perl-settings.js');
    return createPerlSettings(home, await perl());
  });
  const abilities = once(async (): Promise<() => Promise<Abilities>> => {
    if (config.isAlone) return async () => NO_ABILITIES;
    const { createAbilities } = await import('../helpdesk/abilities.js');
    return createAbilities(home, clock);
  });
  const templates = once(async () => {
    const { createProviderTemplates, helpdeskTemplatesFolder } = await import(
      '../helpdesk/provider-templates.js'
    );
    const site = config.templatesFolder === null ? [] : [config.templatesFolder];
    const ours = path.join(packageFolder(), 'templates/providers');
    return createProviderTemplates({
      folders: [...site, ours],
      helpdeskFolder: helpdeskTemplatesFolder(home, (await recognised()).product),
      log,
    });
  });
  const mailFetcher = once(async (): Promise<MailFetcher> => {
    if (config.isAlone) return { fetch: async () => ({ kind: 'unavailable' }) };
    const { createMailFetcher } = await import('../helpdesk/mail-fetcher.js');
    return createMailFetcher(await perl(), log);
  });
  return { recognised, perl, settingsSource, abilities, templates, mailFetcher };
}

export type HelpdeskAdapters = ReturnType<typeof helpdeskAdapters>;
