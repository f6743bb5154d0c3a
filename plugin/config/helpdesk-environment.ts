import type { Environment } from './config-file.js';

/**
 * Variables that the helpdesk's programs never receive: those that change how Perl, the loader or a shell
 * works, those meant for the sidecar (including passwords), and those of systemd and sudo.
 */
const KEPT_BACK =
  /^(PERL|NODE_|LD_|BASH|SIDECAR_|HELPDESK_|LISTEN_|SUDO_|XDG_|DBUS_|SSH_)|^(ENV|IFS|DEBUG|LOG_LEVEL|NOTIFY_SOCKET|WATCHDOG_(PID|USEC)|INVOCATION_ID|JOURNAL_STREAM|STATE_DIRECTORY|CREDENTIALS_DIRECTORY)$/;

/** Variables that the sidecar itself reads, and those that set language and time zone. */
const OF_ROOT =
  /^(SIDECAR_|HELPDESK_|LC_)|^(PATH|LANG|LANGUAGE|TZ|HOME|LOG_LEVEL|NODE_ENV|DEBUG|STATE_DIRECTORY)$/;

/**
 * Returns what a command of root takes from root's environment: nothing that a program of the helpdesk's user
 * should not read. Variables for Kernel/Config.pm (`$ENV{…}`) belong in the configuration file, which is read
 * afterwards.
 */
export const rootEnvironment = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([name]) => OF_ROOT.test(name)));

/**
 * Returns the environment of the helpdesk's own programs.
 * @param env of this process, including the configuration file; for root see rootEnvironment()
 */
export function helpdeskEnvironment(env: Environment): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !KEPT_BACK.test(entry[0]),
  );
  return { PATH: '/usr/local/bin:/usr/bin:/bin', ...Object.fromEntries(kept) };
}
