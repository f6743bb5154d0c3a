import { mailServersOf } from '../../domain/mailbox/mail-servers.js';
import { SidecarError } from '../../errors.js';
import { findConfig, listMailboxes } from '../../usecases/list-mailboxes.js';
import { addRelayPassword } from '../../usecases/relay/add-relay-password.js';
import { revokeRelayPassword } from '../../usecases/relay/revoke-relay-password.js';
import { readNotice } from '../notices.js';
import type { Parameters } from '../parameters.js';
import { presentRelayPasswords, type RelayPasswordsFacts } from '../presenters/relay-passwords.js';
import type { MessageBox } from '../respond.js';
import type { ScreenCall } from '../screen-call.js';
import { screenUrl } from '../screen-url.js';

const typedIn = (parameters: Parameters): RelayPasswordsFacts['typed'] => ({
  login: (parameters.one('Login') ?? '').trim(),
  client: (parameters.one('Client') ?? '').trim(),
  servers: (parameters.one('Server') ?? '').trim(),
});

interface Outcome {
  status?: number;
  messages?: MessageBox[];
  made?: RelayPasswordsFacts['made'];
  errors?: Record<string, string>;
}

async function showPage(call: ScreenCall, outcome: Outcome = {}): Promise<void> {
  const { deps, reader, parameters } = call;
  const config = await findConfig(deps, parameters.id('ID'));
  const places = deps.relayPlaces();
  const [{ known, others }, identities, templates, passwords, abilities] = await Promise.all([
    listMailboxes(deps, config.id),
    deps.identities.of([config.id]),
    deps.templates.list(),
    deps.relayPasswords.ofConfig(config.id),
    deps.abilities(),
  ]);
  const off: MessageBox[] =
    places.length > 0
      ? []
      : [
          {
            kind: 'Warning',
            text: reader.t(
              'The relay is switched off. To switch it on, run this command on the machine where the sidecar runs:',
            ),
            command: 'znuny-oauth2 install --relay imap://127.0.0.1:1143,smtp://127.0.0.1:1587',
          },
        ];
  await call.showPage({
    status: outcome.status ?? 200,
    title: 'Relay passwords',
    template: 'relay-passwords',
    messages: [...(outcome.messages ?? []), ...off],
    data: {
      here: `${reader.t('Relay passwords')}: ${config.name}`,
      ...presentRelayPasswords(
        {
          config,
          identity: identities.get(config.id)?.identity ?? null,
          logins: [...known, ...others].map(({ login }) => login).filter(Boolean),
          servers: mailServersOf(config.document, templates),
          places,
          passwords,
          fillsForm: abilities.mailAccounts,
          sendsWithTokens: abilities.smtp,
          typed: outcome.made ? { login: '', client: '', servers: '' } : typedIn(parameters),
          made: outcome.made ?? null,
        },
        reader,
      ),
      errors: outcome.errors ?? {},
    },
  });
}

/** "Relay passwords": the relay passwords of a configuration, and a form for a new one. */
export function showRelayPasswords(call: ScreenCall): Promise<void> {
  const notice = readNotice(call.parameters, call.reader);
  return showPage(call, { messages: notice ? [notice] : [] });
}

/** Creates a relay password and shows it in the response, because nobody can show it again. */
export async function createRelayPassword(call: ScreenCall): Promise<void> {
  const { deps, agent, parameters, reader } = call;
  const config = await findConfig(deps, parameters.id('ID'));
  const { login, client, servers } = typedIn(parameters);
  const named = servers.split(',').filter((server) => server.trim() !== '');
  try {
    const input = { config, login, client, servers: named, isTyped: true, userId: agent.userId };
    const made = await addRelayPassword(deps, input);
    await showPage(call, {
      messages: [
        {
          kind: 'Success',
          text: reader.t('The relay password was created. Copy it now: it will not be shown again.'),
        },
      ],
      made: { ...made, login, client },
    });
  } catch (error) {
    if (!(error instanceof SidecarError) || error.code !== 'relay-invalid') throw error;
    const text = [error.safe, ...error.details].map((one) => reader.t(one)).join(' ');
    const errors = Object.entries(error.fields).map(([field, fault]) => [field, reader.t(fault)]);
    await showPage(call, {
      status: error.status,
      messages: [{ kind: 'Error', text }],
      errors: Object.fromEntries(errors),
    });
  }
}

/** "Revoke": RelayPassword is its ID. */
export async function revokeOne({ deps, agent, parameters, redirect }: ScreenCall): Promise<void> {
  const configId = parameters.id('ID');
  await revokeRelayPassword(deps, {
    id: parameters.id('RelayPassword'),
    configId,
    userId: agent.userId,
  });
  redirect(screenUrl('RelayPasswords', { ID: configId, Notice: 'relay-password-revoked' }));
}
