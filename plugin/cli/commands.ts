import type { Command } from './command.js';

/**
 * Each subcommand and its file, which is loaded when the command is called. A new command is a file and a
 * line here.
 */
export const COMMANDS: Readonly<Record<string, () => Promise<{ command: Command }>>> = {
  'apache-rules': () => import('./commands/apache-rules.js'),
  'config list': () => import('./commands/config-list.js'),
  'config show': () => import('./commands/config-show.js'),
  'config add': () => import('./commands/config-add.js'),
  'config set-secret': () => import('./commands/config-set-secret.js'),
  'config export': () => import('./commands/config-export.js'),
  'config import': () => import('./commands/config-import.js'),
  'config copy': () => import('./commands/config-copy.js'),
  'config delete': () => import('./commands/config-delete.js'),
  'token list': () => import('./commands/token-list.js'),
  'token show': () => import('./commands/token-show.js'),
  'token renew': () => import('./commands/token-renew.js'),
  'token revoke': () => import('./commands/token-revoke.js'),
  'token authorize-url': () => import('./commands/token-authorize-url.js'),
  'certificate create': () => import('./commands/certificate-create.js'),
  'certificate import': () => import('./commands/certificate-import.js'),
  'certificate list': () => import('./commands/certificate-list.js'),
  'certificate remove': () => import('./commands/certificate-remove.js'),
  'service-account import': () => import('./commands/service-account-import.js'),
  'service-account list': () => import('./commands/service-account-list.js'),
  'mailbox mute': () => import('./commands/mailbox-mute.js'),
  'mailbox list': () => import('./commands/mailbox-list.js'),
  'mailbox test': () => import('./commands/mailbox-test.js'),
  'alert test': () => import('./commands/alert-test.js'),
  completion: () => import('./commands/completion.js'),
  events: () => import('./commands/events.js'),
  doctor: () => import('./commands/doctor.js'),
  health: () => import('./commands/health.js'),
  help: () => import('./commands/help.js'),
  install: () => import('./commands/install.js'),
  uninstall: () => import('./commands/uninstall.js'),
  package: () => import('./commands/package.js'),
  'nginx-rules': () => import('./commands/nginx-rules.js'),
  migrate: () => import('./commands/migrate.js'),
  serve: () => import('./commands/serve.js'),
};
