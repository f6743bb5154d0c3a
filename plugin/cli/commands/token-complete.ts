import { SidecarError } from '../../errors.js';
import { type Command, JSON_OPTION, USER_OPTION, UsageError } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { actorOf } from '../lookup.js';
import { readSecret } from '../read-secret.js';
import { renewalDeps } from '../renewal-deps.js';

/** @throws UsageError if it is not an address with the answer of a provider */
function answerIn(address: string): URLSearchParams {
  const text = address.trim();
  const query = URL.canParse(text) ? new URL(text).searchParams : new URLSearchParams();
  if (!query.has('state'))
    throw new UsageError(
      'This is not the address to which a provider has sent the browser: it has no parameter "state".',
    );
  return query;
}

/** RFC 6749 §3.1: no parameter may be sent twice. */
function parameterOf(query: URLSearchParams, name: string): string | undefined {
  const values = [...new Set(query.getAll(name))];
  if (values.length > 1) throw new UsageError(`The address has the parameter "${name}" twice.`);
  return values[0];
}

export const command: Command = {
  summary: "Takes a provider's answer to a consent from the address in the browser, and stores the token",
  details:
    'For a redirect URI that leads nowhere: without a helpdesk it is http://localhost/…, and the browser shows an error page. Copy the whole address of that page and give it to this command on standard input: it contains a code that works once, so keep it out of the process list and the history of the shell. --user is the user who ran "token authorize-url".',
  options: {
    file: { value: 'FILE', description: 'file with the address; default: standard input' },
    ...USER_OPTION,
    ...JSON_OPTION,
  },
  examples: [['token complete < address.txt', 'after "token authorize-url" and the consent in the browser']],
  async run(call) {
    const adapters = call.helpdesk();
    await adapters.ready();
    const query = answerIn(await readSecret(call.text('file'), 'file'));
    const { completeAuthorization } = await import('../../usecases/complete-authorization.js');
    const deps = {
      ...(await renewalDeps(adapters)),
      authorizations: await adapters.authorizations(),
      tokenConfigs: await adapters.tokenConfigs(),
      events: await adapters.events(),
    };
    const { configId, incomplete } = await completeAuthorization(deps, {
      parameters: { one: (name) => parameterOf(query, name) },
      agent: { userId: await actorOf(call, adapters), sessionId: null },
    });
    const config = await deps.tokenConfigs.byId(configId);
    if (!config) throw new SidecarError('unknown-token-config');
    if (call.flag('json')) call.out.json({ id: configId, name: config.name, refreshToken: !incomplete });
    else {
      call.out.line(`Token received: "${config.name}".`);
      if (incomplete)
        call.out.warn(
          'The provider sent no refresh token, so the token cannot be renewed. Check the scopes.',
        );
    }
    return EXIT.ok;
  },
};
