import { CALLBACK, redirectUri } from '../../domain/consent/redirect-uri.js';
import { type Finding, finding, ok, settingLink } from '../../domain/doctor/doctor.js';
import type { DoctorDeps, Reached } from '../../domain/doctor/doctor-ports.js';
import { CLOSED_GROUP, openBuiltIn } from '../../domain/helpdesk/closed-module.js';
import { settingCommand } from '../../domain/helpdesk/helpdesk-scripts.js';
import { COMMON } from '../../domain/product/records.js';
import { phrase } from '../../lib/phrase.js';
import { rulesAgain } from './finding-parts.js';

const { action } = COMMON.screens;
const ACTION = `Action=${action}`;

/**
 * Paths below the folder of index.pl that the sidecar must answer; with rules that miss them, an admin sees
 * the closed built-in screens.
 */
const FOR_US: readonly (readonly [path: string, form?: string])[] = [
  [`index.pl?${ACTION}`],
  [`index.pl?Lang=en;${ACTION}`],
  [`index.pl?Lang=en&${ACTION}&x=1`],
  [`index.pl?%41ction=${action.slice(0, -1)}%${action.charCodeAt(action.length - 1).toString(16)}`],
  [`index.pl?${ACTION}`, 'Subaction=Bar'],
  [`${CALLBACK}?state=none`],
];
/**
 * Paths that the sidecar may answer or the web server refuse. Any other answer means that the built-in script
 * was run.
 */
const REFUSED: readonly (readonly [path: string, form?: string])[] = [
  [`${CALLBACK}/x?state=none`],
  [`${CALLBACK}//?state=none`],
  [`/${CALLBACK}/x`],
  [`${CALLBACK.replace('code', '%63ode')}/?state=none`],
  [`${CALLBACK}/index.pl?${ACTION}`],
  [`${CALLBACK}/x`, 'state=none&code=none'],
];

/**
 * Checks the helpdesk itself, which is independent of the spelling: it compares groups after it has parsed
 * the request.
 */
async function inHelpdesk({ settings, database, abilities }: DoctorDeps): Promise<Finding | null> {
  const current = await settings();
  const open = openBuiltIn(current);
  if (open)
    return finding(
      'fault',
      phrase(
        "The built-in OAuth2 screens are open to these groups: %s. Members can delete, change, and export without the sidecar's protection.",
        open.groups.join(', '),
      ),
      {
        text: phrase('Install the add-on again, and remove these groups from Kernel/Config.pm:'),
        command: 'znuny-oauth2 install',
      },
      { link: settingLink(open.module) },
    );
  if (await (await database()).hasGroup(CLOSED_GROUP))
    return finding(
      'fault',
      phrase(
        'The group "%s" exists. Its members can reach the built-in OAuth2 screens. Rename the group.',
        CLOSED_GROUP,
      ),
      { link: 'index.pl?Action=AdminGroup' },
    );
  if (!current.flag('SecureMode', false))
    return finding(
      'fault',
      phrase('SecureMode is off: installer.pl runs any module of the helpdesk without a login.'),
      { command: settingCommand((await abilities()).scripts, 'SecureMode', '1') },
      { link: settingLink('SecureMode') },
    );
  return null;
}

/** Is the request refused? The built-in script's login page, shown without a session, has status 200. */
const isRefusal = (reached: Reached): boolean =>
  'code' in reached || reached.sidecar || (reached.status >= 400 && reached.status < 600);

/** Checks that no URL in any spelling leads to the built-in screens or to the built-in callback. */
export async function checkBuiltIn(deps: DoctorDeps): Promise<Finding> {
  const open = await inHelpdesk(deps);
  if (open) return open;
  const folder = redirectUri(await deps.settings()).slice(0, -CALLBACK.length);
  const ask = async ([path, form]: readonly [string, string?]) => ({
    url: folder + path,
    reached: await deps.webServer.reach(folder + path, form),
  });
  const refused = await Promise.all(REFUSED.map(ask));
  const forUs = await Promise.all(FOR_US.map(ask));
  const unreached = [...refused, ...forUs].find(({ reached }) => 'code' in reached);
  if (unreached && 'code' in unreached.reached)
    return finding(
      'unknown',
      phrase(
        'The helpdesk rejects every request for its built-in OAuth2 screens. The web server was not tested because it cannot be reached from this machine (%s).',
        unreached.reached.code,
      ),
    );
  const answered = refused.find(({ reached }) => !isRefusal(reached));
  if (answered)
    return finding(
      'fault',
      phrase(
        "The built-in callback responds at %s. The web server's rules are missing or outdated.",
        answered.url,
      ),
      rulesAgain(deps),
    );
  // Other checks report if nothing answers behind the rules.
  const isOurs = (reached: Reached) =>
    'sidecar' in reached && (reached.sidecar || [502, 503, 504].includes(reached.status));
  const elsewhere = forUs.find(({ reached }) => !isOurs(reached));
  if (elsewhere)
    return finding(
      'warning',
      phrase(
        "The sidecar does not respond at %s. The web server's rules are missing or outdated.",
        elsewhere.url,
      ),
      rulesAgain(deps),
    );
  return ok(
    phrase(
      'The helpdesk and its web server reject every request for the built-in OAuth2 screens and callback. URL variants tested: %s.',
      refused.length + forUs.length,
    ),
  );
}
