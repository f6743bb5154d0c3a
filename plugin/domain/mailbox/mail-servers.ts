import { hostOf } from '../../lib/host-of.js';
import type { ProviderTemplate } from '../configuration/provider-template.js';
import type { TokenConfigDocument } from '../configuration/token-config.js';
import { tokenUrl } from '../provider/provider.js';
import { type MailServers, readMailServers } from './mail-server.js';
import { MAIL_TYPES, type MailType } from './mailbox.js';

const isKnown = ({ mail }: ProviderTemplate): boolean => readMailServers(mail).receive.length > 0;

/** Microsoft names one scope for each protocol; a token without it is refused by that server. */
const SCOPE_OF = { imap: /(^|\/)IMAP\./i, pop3: /(^|\/)POP\./i, smtp: /(^|\/)SMTP\./i } as const;

/** Does the scope permit the protocol? Scopes that name no protocol permit all. */
function permits(scope: string, type: MailType): boolean {
  const scopes = scope.split(/\s+/);
  const names = (pattern: RegExp) => scopes.some((one) => pattern.test(one));
  return names(SCOPE_OF[MAIL_TYPES[type].protocol]) || !Object.values(SCOPE_OF).some(names);
}

/**
 * The mail servers for a configuration: those of its template, or else of a template for the same token
 * endpoint, as far as its scopes permit them.
 */
export function mailServersOf(
  document: TokenConfigDocument,
  templates: readonly ProviderTemplate[],
): MailServers {
  const known = templates.filter(isKnown);
  const host = hostOf(tokenUrl(document));
  const template =
    known.find(({ name }) => name === document.TemplateName) ??
    known.find((one) => host !== '' && hostOf(tokenUrl(one.document)) === host);
  const scope = String(document.Scope ?? '');
  const { receive, send } = readMailServers(template?.mail);
  return {
    receive: receive.filter(({ type }) => permits(scope, type)),
    send: send && permits(scope, send.type) ? send : null,
  };
}
