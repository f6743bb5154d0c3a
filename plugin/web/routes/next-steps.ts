import { serviceAccountOf } from '../../domain/configuration/service-account.js';
import { nameOf } from '../../domain/consent/identity.js';
import { readClaims } from '../../domain/consent/token-claims.js';
import { mailServersOf } from '../../domain/mailbox/mail-servers.js';
import { outboundSignIn } from '../../domain/mailbox/outbound-sign-in.js';
import { phrase } from '../../lib/phrase.js';
import { findConfig, listMailboxes } from '../../usecases/list-mailboxes.js';
import { readNotice } from '../notices.js';
import { presentNextSteps, readMailboxName } from '../presenters/next-steps.js';
import type { MessageBox } from '../respond.js';
import type { ScreenCall } from '../screen-call.js';
import { abilityWarnings } from '../site-warnings.js';

/**
 * From a token to mail: the helpdesk's form for a mail account, filled in, the accounts that use the token
 * with their tests, and the settings for outbound mail. Changes nothing.
 * @param messages what a change from this page says
 */
export async function showNextSteps(
  call: ScreenCall,
  { status = 200, messages = [] }: { status?: number; messages?: MessageBox[] } = {},
): Promise<void> {
  const { deps, reader, parameters } = call;
  const config = await findConfig(deps, parameters.id('ID'));
  const [{ known, others }, stored, identities, templates, abilities, warnings] = await Promise.all([
    listMailboxes(deps, config.id),
    deps.renewals.one(config.id),
    deps.identities.of([config.id]),
    deps.templates.list(),
    deps.abilities(),
    abilityWarnings(call),
  ]);
  const identity = identities.get(config.id)?.identity ?? null;
  const other = readMailboxName((parameters.one('Mailbox') ?? '').trim());
  const notice = readNotice(parameters, reader);
  const authorized: MessageBox[] =
    notice && parameters.one('Notice') === 'received' && identity
      ? [{ ...notice, text: `${reader.t(phrase('Authorized by %s.', nameOf(identity)))} ${notice.text}` }]
      : notice
        ? [notice]
        : [];
  const account = serviceAccountOf(config.document);
  const keyState = account ? await deps.serviceAccountKeys.state(account.key) : null;
  await call.showPage({
    status,
    title: 'Next steps',
    template: 'next-steps',
    messages: [...messages, ...authorized, ...warnings],
    data: {
      here: `${reader.t('Next steps')}: ${config.name}`,
      ...presentNextSteps(
        {
          config,
          identity,
          servers: mailServersOf(config.document, templates),
          accounts: [...known, ...others],
          abilities,
          signIn: outboundSignIn(call.settings),
          other,
          keyState,
          claims: readClaims(stored?.token.accessToken ?? ''),
          hasToken: Boolean(stored?.token.accessToken),
          objectId: (parameters.one('ObjectID') ?? '').trim().slice(0, 250),
        },
        reader,
      ),
    },
  });
}
