import path from 'node:path';
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
    if (config.given) {
      const { createGivenSettings } = await import('../config/given-settings.js');
      return createGivenSettings(config.given);
    }
    const { createPerlSettings } = await import('../config/perl-settings.js');
    return createPerlSettings(home, await perl());
  });
  const abilities = once(async () => {
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
      helpdeskFolder: helpdeskTemplatesFolder(home),
      log,
    });
  });
  const mailFetcher = once(async () => {
    const { createMailFetcher } = await import('../helpdesk/mail-fetcher.js');
    return createMailFetcher(await perl(), log);
  });
  return { recognised, perl, settingsSource, abilities, templates, mailFetcher };
}

export type HelpdeskAdapters = ReturnType<typeof helpdeskAdapters>;
