import type { Environment } from './config-file.js';

/**
 * What programs of the helpdesk never get: what changes how Perl, the loader or a shell works, what is meant for ourselves
 * (passwords among it), and what systemd and sudo tell.
 */
const KEPT_BACK =
  /^(PERL|NODE_|LD_|BASH|SIDECAR_|HELPDESK_|LISTEN_|SUDO_|XDG_|DBUS_|SSH_)|^(ENV|IFS|DEBUG|LOG_LEVEL|NOTIFY_SOCKET|WATCHDOG_(PID|USEC)|INVOCATION_ID|JOURNAL_STREAM|STATE_DIRECTORY|CREDENTIALS_DIRECTORY)$/;

/** What we read ourselves, and what tells language and time zone. */
const OF_ROOT =
  /^(SIDECAR_|HELPDESK_|LC_)|^(PATH|LANG|LANGUAGE|TZ|HOME|LOG_LEVEL|NODE_ENV|DEBUG|STATE_DIRECTORY)$/;

/**
 * What a command of root takes over from root's environment: nothing that a program of the helpdesk's user should read.
 * Variables for Kernel/Config.pm (`$ENV{…}`) belong into the configuration file, which is read afterwards.
 */
export const rootEnvironment = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([name]) => OF_ROOT.test(name)));

/**
 * The environment of the helpdesk's own programs.
 * @param env of this process, with the configuration file; where it is root's, see rootEnvironment()
 */
export function helpdeskEnvironment(env: Environment): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !KEPT_BACK.test(entry[0]),
  );
  return { PATH: '/usr/local/bin:/usr/bin:/bin', ...Object.fromEntries(kept) };
}
