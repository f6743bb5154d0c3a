import { type Finding, finding, ok } from '../../domain/doctor/doctor.js';
import type { DoctorDeps } from '../../domain/doctor/doctor-ports.js';
import { consoleCommand } from '../../domain/helpdesk/helpdesk-scripts.js';
import { SYSTEM_USER } from '../../domain/helpdesk/system-user.js';
import { ownAccounts } from '../../domain/mailbox/usage.js';
import { randomText } from '../../lib/hash.js';
import { phrase } from '../../lib/phrase.js';

/** The protocols that any configuration is used with. */
async function used({ tokenConfigs, usages }: DoctorDeps): Promise<{ pop3: boolean; smtp: boolean }> {
  const configs = await (await tokenConfigs()).all();
  const all = [...(await (await usages()).of(configs)).values()];
  return {
    pop3: all.some((usage) => ownAccounts(usage).some(({ type }) => type.startsWith('POP3'))),
    smtp: all.some(({ smtp, profiles }) => smtp || profiles.length > 0),
  };
}

async function load({ helpdesk }: DoctorDeps, module: string): Promise<string> {
  return (await helpdesk.perlModules([module]))[module] ?? '';
}

/** A missing module is a fault if something uses it, and otherwise only worth knowing. */
const missing = (module: string, failure: string, isUsed: boolean) => [
  phrase("The helpdesk's Perl cannot load %s: %s", module, failure.slice(0, 200)),
  isUsed ? phrase('Mail that depends on it does not work.') : phrase('Not used at present.'),
];

export async function checkPop3(deps: DoctorDeps): Promise<Finding> {
  if (!(await deps.abilities()).mailAccounts)
    return ok(phrase('This helpdesk can sign in to mailboxes only with passwords.'));
  const module = 'Net::POP3::XOAuth2';
  const failure = await load(deps, module);
  if (failure === '') return ok(phrase('%s is installed.', module));
  const { pop3 } = await used(deps);
  return finding(pop3 ? 'fault' : 'warning', missing(module, failure, pop3), {
    text: phrase(
      "Debian's package of the helpdesk does not include this module. Copy Kernel/cpan-lib/Net/POP3/XOAuth2.pm from Znuny's own archive of the same version, or fetch mail over IMAP.",
    ),
    command: `install -D -m 644 znuny-VERSION/Kernel/cpan-lib/Net/POP3/XOAuth2.pm ${deps.helpdesk.home}/Kernel/cpan-lib/Net/POP3/XOAuth2.pm`,
  });
}

const XOAUTH2 = 'Authen/SASL/Perl/XOAUTH2.pm';

export async function checkSmtp(deps: DoctorDeps): Promise<Finding> {
  if (!(await deps.abilities()).smtp) return ok(phrase('This helpdesk can send mail only with passwords.'));
  const module = 'Authen::SASL::Perl::XOAUTH2';
  const failure = await deps.helpdesk.smtpSignInFailure();
  if (failure === '') return ok(phrase('%s is installed.', module));
  const { smtp } = await used(deps);
  return finding(smtp ? 'fault' : 'warning', missing(module, failure, smtp), {
    text: phrase(
      "The helpdesk needs Kernel/cpan-lib/Authen/SASL/Perl/XOAUTH2.pm from Znuny's own archive, which Debian's package does not include. The module of the same name in Authen::SASL 2.1800 and newer does not find the helpdesk's token.",
    ),
    command: `install -D -m 644 znuny-VERSION/Kernel/cpan-lib/${XOAUTH2} ${deps.helpdesk.home}/Kernel/cpan-lib/${XOAUTH2}`,
  });
}

export async function checkImap(deps: DoctorDeps): Promise<Finding> {
  const module = 'Mail::IMAPClient';
  const failure = await load(deps, module);
  if (failure === '') return ok(phrase('%s is installed.', module));
  return finding('fault', missing(module, failure, true), {
    command: 'apt-get install libmail-imapclient-perl',
  });
}

/**
 * Checks that a new, unused configuration appears in the helpdesk's own list at once, and disappears at once.
 */
export async function checkCaches(deps: DoctorDeps): Promise<Finding> {
  const { helpdesk } = deps;
  const { builtIn, scripts } = await deps.abilities();
  if (!builtIn)
    return ok(phrase('This helpdesk has no token configurations of its own, so it caches no list of them.'));
  const [store, caches] = [await deps.tokenConfigs(), await deps.caches()];
  // Creates the cached list that must be cleared.
  await helpdesk.tokenConfigNames();
  const name = `Check of the sidecar ${randomText(64)}`;
  const id = await store.insert({ name, document: { TemplateName: '' }, validId: 2 }, SYSTEM_USER);
  let seen = false;
  try {
    await caches.forgetTokenConfigs();
    seen = (await helpdesk.tokenConfigNames()).includes(name);
  } finally {
    await store.delete(id, SYSTEM_USER);
    // Monitoring may run this every few minutes, and the history is for what matters.
    await (await deps.events()).forget(id);
    await caches.forgetTokenConfigs();
  }
  const gone = !(await helpdesk.tokenConfigNames()).includes(name);
  if (seen && gone) return ok(phrase('The helpdesk sees a change immediately. The change was undone.'));
  return finding(
    'fault',
    phrase("The helpdesk does not see the sidecar's changes immediately: its cache keeps an outdated list."),
    {
      text: phrase("Run the sidecar as the helpdesk's user, so that it can clear the cache. Until then:"),
      command: consoleCommand(scripts, 'Maint::Cache::Delete --type OAuth2TokenConfig'),
    },
  );
}

export async function checkDaemon({ helpdesk, abilities }: DoctorDeps): Promise<Finding> {
  if (await helpdesk.daemonRuns()) return ok(phrase('The daemon is running.'));
  const { scripts } = await abilities();
  return finding(
    'fault',
    phrase("The helpdesk's daemon is not running, so no mail is fetched."),
    { text: phrase("As the helpdesk's user:"), command: `bin/${scripts}.Daemon.pl start` },
    { text: phrase('To restart it automatically:'), command: 'bin/Cron.sh start' },
  );
}
