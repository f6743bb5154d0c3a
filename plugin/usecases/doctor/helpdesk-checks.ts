import { redirectWarnings, type SettingWarning } from '../../domain/consent/redirect-uri.js';
import { type Finding, finding, ok, settingLink } from '../../domain/doctor/doctor.js';
import type { DoctorDeps } from '../../domain/doctor/doctor-ports.js';
import { abilityNotices } from '../../domain/helpdesk/abilities.js';
import { settingCommand } from '../../domain/helpdesk/helpdesk-scripts.js';
import { COMMON } from '../../domain/product/records.js';
import { isTimeZone } from '../../lib/helpdesk-time.js';
import { phrase } from '../../lib/phrase.js';

export async function checkHelpdesk({ helpdesk }: DoctorDeps): Promise<Finding> {
  const [release, mode] = await Promise.all([helpdesk.release(), helpdesk.configMode()]);
  if (mode === null)
    return finding('fault', phrase('There is no readable Kernel/Config.pm in %s.', helpdesk.home), {
      text: phrase("Specify the helpdesk's folder, and run the command as a user who can read it:"),
      command: `HELPDESK_HOME=${COMMON.exampleHome} znuny-oauth2 doctor`,
    });
  if (!release) return finding('warning', phrase('There is no RELEASE file in %s.', helpdesk.home));
  return ok(phrase('Found %s %s in %s.', release.product, release.version, helpdesk.home));
}

/** For a supported helpdesk; examine() reports an unsupported one in this place. */
export async function checkVersion({ helpdesk, abilities }: DoctorDeps): Promise<Finding> {
  const release = await helpdesk.release();
  const notices = abilityNotices(await abilities());
  if (!release) return finding('unknown', phrase('There is no RELEASE file in %s.', helpdesk.home));
  if (notices.length > 0) return finding('warning', notices);
  return ok(phrase('%s %s supports signing in to mailboxes with tokens.', release.product, release.version));
}

const settingCheck =
  (name: SettingWarning['setting']) =>
  async ({ settings, abilities }: DoctorDeps): Promise<Finding> => {
    const [current, { scripts }] = await Promise.all([settings(), abilities()]);
    const warning = redirectWarnings(current, scripts).find(({ setting }) => setting === name);
    if (!warning) return ok(phrase('%s is %s.', name, current.text(name)));
    return finding('fault', warning.text, { command: warning.command }, { link: settingLink(name) });
  };

export const checkHttpType = settingCheck('HttpType');
export const checkFqdn = settingCheck('FQDN');
export const checkScriptAlias = settingCheck('ScriptAlias');

const MODULES = ['Kernel::System::AuthSession::DB', 'Kernel::System::AuthSession::FS'];

export async function checkCookies({ settings, abilities }: DoctorDeps): Promise<Finding> {
  const [current, { scripts }] = await Promise.all([settings(), abilities()]);
  const module = current.text('SessionModule', MODULES[0]);
  if (!current.flag('SessionUseCookie', true))
    return finding(
      'fault',
      phrase('The setting SessionUseCookie is off. Enable it: these screens need it.'),
      { command: settingCommand(scripts, 'SessionUseCookie', '1') },
      { link: settingLink('SessionUseCookie') },
    );
  if (!MODULES.includes(module))
    return finding(
      'fault',
      phrase(
        'The setting SessionModule is "%s". Set it to Kernel::System::AuthSession::DB or Kernel::System::AuthSession::FS.',
        module,
      ),
      { command: settingCommand(scripts, 'SessionModule', MODULES[0] ?? '') },
      { link: settingLink('SessionModule') },
    );
  if (!current.flag('SessionCSRFProtection', true))
    return finding(
      'warning',
      phrase("SessionCSRFProtection is off: other websites can change settings on an admin's behalf."),
      { command: settingCommand(scripts, 'SessionCSRFProtection', '1') },
      { link: settingLink('SessionCSRFProtection') },
    );
  return ok(phrase('Sessions are stored in %s and identified by cookie.', module.replace(/^.*::/, '')));
}

const TIME_ZONE = COMMON.settings.timeZone;

/** Clock differences in milliseconds that matter for tokens of an hour. */
const CLOCK_WARNING = 5000;
const CLOCK_FAULT = 60_000;

export async function checkClock({ settings, database, clock, abilities }: DoctorDeps): Promise<Finding> {
  const zone = (await settings()).text(TIME_ZONE, 'UTC') || 'UTC';
  if (!isTimeZone(zone))
    return finding(
      'fault',
      phrase(
        'The setting OTRSTimeZone is "%s", which is not a valid time zone. Token dates are interpreted as UTC.',
        zone,
      ),
      { command: settingCommand((await abilities()).scripts, TIME_ZONE, 'UTC') },
      { link: settingLink(TIME_ZONE) },
    );
  const inspector = await database();
  // The first query opens the connection, which takes time.
  await inspector.now();
  const before = clock().getTime();
  const theirs = (await inspector.now()).getTime();
  const ours = (before + clock().getTime()) / 2;
  const difference = Math.round((theirs - ours) / 1000);
  const apart = Math.abs(theirs - ours);
  if (apart >= CLOCK_WARNING)
    return finding(
      apart >= CLOCK_FAULT ? 'fault' : 'warning',
      phrase(
        "The database's clock differs from this machine's by %s s. Tokens would be renewed too early or too late.",
        difference,
      ),
      { text: phrase('Synchronize both clocks with a time server:'), command: 'timedatectl set-ntp true' },
    );
  return ok(phrase('Time zone %s; the clocks of this machine and the database agree.', zone));
}

/** Are the add-on's settings registered, and is its script on every page? See sysconfig/definitions. */
export async function checkAddOn({ settings }: DoctorDeps): Promise<Finding> {
  const current = await settings();
  const scripts = current.get('Loader::Agent::CommonJS');
  const script = typeof scripts === 'object' && scripts !== null && '900-OAuth2Sidecar' in scripts;
  const policy = current.get('OAuth2Sidecar::Renewal::LeadMinutes') !== undefined;
  if (script && policy) return ok(phrase('The settings and the script are installed.'));
  return finding(
    'warning',
    policy
      ? phrase('The script for the warning bar is disabled or missing: admins see no warning below the menu.')
      : phrase('The settings of the sidecar are not installed in the helpdesk.'),
    { text: phrase("Install the sidecar's package in the helpdesk, as docs/install.md describes.") },
  );
}
