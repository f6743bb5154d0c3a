import { consoleCommand, type Scripts } from './helpdesk-scripts.js';
import type { Settings } from './settings.js';

/** Hosts, as written in the mail account, that want `AUTH XOAUTH2` and the token in two lines over POP3. */
export const SPLIT_HOSTS = 'MailAccount::POP3::Auth::SplitOAuth2MethodAndToken::Hosts';

const quoted = (text: string) => `'${text.replace(/\p{Cc}/gu, ' ').replaceAll("'", "''")}'`;

/** A list is set from a YAML file; single quotes of YAML and of the shell get along by way of a here-document. */
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
    // A name in /tmp that others know could be theirs (mktemp(1)).
    command: `hosts=$(mktemp)\ncat > "$hosts" <<'END'\n${yaml}\nEND\n${update} --source-path "$hosts"`,
  };
}

/** In lower case, as the helpdesk compares them. */
export const splitHosts = (settings: Settings): string[] => {
  const value = settings.get(SPLIT_HOSTS);
  return Array.isArray(value) ? value.map(String) : [];
};
