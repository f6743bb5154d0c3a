import { consoleCommand, type Scripts } from './helpdesk-scripts.js';
import type { Settings } from './settings.js';

/** POP3 hosts, as written in the mail account, that require `AUTH XOAUTH2` and the token in two lines. */
export const SPLIT_HOSTS = 'MailAccount::POP3::Auth::SplitOAuth2MethodAndToken::Hosts';

const quoted = (text: string) => `'${text.replace(/\p{Cc}/gu, ' ').replaceAll("'", "''")}'`;

/**
 * The command that adds or removes a host. A list is set from a YAML file; a here-document avoids a conflict
 * between YAML's single quotes and the shell's.
 */
export function addSplitHost(
  hosts: string[],
  address: string,
  scripts: Scripts,
): { setting: string; command: string } {
  const split = hosts.map((host) => host.toLowerCase()).includes(address.toLowerCase());
  const next = split
    ? hosts.filter((host) => host.toLowerCase() !== address.toLowerCase())
    : [...hosts, address];
  const update = consoleCommand(scripts, `Admin::Config::Update --setting-name ${SPLIT_HOSTS}`);
  const yaml = ['---', ...next.map((host) => `- ${quoted(host)}`)].join('\n');
  return {
    setting: SPLIT_HOSTS,
    // A predictable name in /tmp could belong to another user (mktemp(1)).
    command: `hosts=$(mktemp)\ncat > "$hosts" <<'END'\n${yaml}\nEND\n${update} --source-path "$hosts"`,
  };
}

/** In lower case, as the helpdesk compares them. */
export const splitHosts = (settings: Settings): string[] => {
  const value = settings.get(SPLIT_HOSTS);
  return Array.isArray(value) ? value.map(String) : [];
};
