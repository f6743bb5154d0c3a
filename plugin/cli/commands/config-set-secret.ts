import type { FormField } from '../../domain/configuration/form-field.js';
import { SidecarError } from '../../errors.js';
import { type Call, type Command, JSON_OPTION, USER_OPTION, UsageError } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { formOptions } from '../form-options.js';
import { actorOf, CONFIGURATION, configOf } from '../lookup.js';
import { localTime } from '../output.js';
import { readSecret } from '../read-secret.js';
import { renewalDeps } from '../renewal-deps.js';
import { withRemark } from '../secret-remark.js';

const FIELDS = ['ClientSecret', 'ClientSecretExpires'];
const isOfSecret = ({ name }: FormField): boolean => FIELDS.includes(name);

/** How many other configurations are named. */
const NAMED = 5;

/** Names of other configurations whose stored secret is the replaced one. */
async function othersWith(call: Call, before: { id: number; clientId: unknown; secret: unknown }) {
  const all = await (await call.helpdesk().tokenConfigs()).all();
  return all
    .filter(
      ({ id, document }) =>
        id !== before.id &&
        document.ClientID === before.clientId &&
        Boolean(before.secret) &&
        document.ClientSecret === before.secret,
    )
    .map(({ name }) => name);
}

export const command: Command = {
  summary: 'Replaces the client secret of a configuration, after the provider has accepted the new one',
  details:
    'The new secret is read from standard input or from a file, never from an argument. It is tested first: the token is renewed with it, as "token renew" does. If the provider refuses it, or does not answer, the old secret and the stored token remain (exit code 1). A recorded expiry date belongs to the old secret, so it is replaced by that of --client-secret-expires or removed. Run it as root, or as the user of the sidecar with its SIDECAR_STATE.',
  arguments: [CONFIGURATION],
  options: {
    ...formOptions(isOfSecret),
    untested: { description: 'store it without testing it, for example before the first consent' },
    ...USER_OPTION,
    ...JSON_OPTION,
  },
  examples: [
    [
      'config set-secret "Support mailbox" --client-secret-expires 2028-11-30 < secret.txt',
      'the yearly job, with the date that the provider shows',
    ],
    ['config set-secret 7 --client-secret-file secret.txt --untested', 'before the first consent'],
  ],
  async run(call) {
    // Read it first, with root's rights: the next step may drop them.
    const secret = await readSecret(call.text('client-secret-file'), 'client-secret-file');
    if (secret === '') throw new UsageError('The new client secret is empty. Nothing was changed.');
    const adapters = call.helpdesk();
    const { id, name, document } = await configOf(adapters, call.arguments[0]);
    await adapters.ready();
    const userId = await actorOf(call, adapters);
    const [{ setClientSecret }, { replayAnswers }] = await Promise.all([
      import('../../usecases/set-client-secret.js'),
      import('../../usecases/replay-answers.js'),
    ]);
    const deps = { ...(await renewalDeps(adapters)), tokenConfigs: await adapters.tokenConfigs() };
    // First store what an earlier call had to leave in the journal.
    await replayAnswers(deps);
    const expires = call.text('client-secret-expires')?.trim() ?? '';
    const untested = call.flag('untested');
    let outcome: 'tried' | 'not-tried';
    let isAccepted = false;
    const accepted = () => {
      isAccepted = true;
    };
    try {
      outcome = await setClientSecret(deps, { configId: id, userId, secret, expires, untested, accepted });
    } catch (error) {
      if (!(error instanceof SidecarError)) throw error;
      throw withRemark(error, isAccepted);
    }
    const end = (await deps.tokens.get(id)).accessTokenExpiresAt;
    const others = await othersWith(call, { id, clientId: document.ClientID, secret: document.ClientSecret });
    if (call.flag('json'))
      call.out.json({
        id,
        name,
        tried: outcome === 'tried',
        accessTokenExpires: end,
        clientSecretExpires: expires || null,
        othersWithOldSecret: others,
      });
    else {
      call.out.line(
        outcome === 'tried'
          ? `The provider accepted the new client secret of "${name}" and sent a new token${end ? `, valid until ${localTime(end)}` : ''}. The new secret replaces the old one.`
          : `The new client secret of "${name}" replaces the old one. It has not been tested.`,
      );
      if (expires === '' && document.Sidecar?.ClientSecretExpires)
        call.out.warn(
          'The recorded expiry date belonged to the old secret and was removed. --client-secret-expires records the new one, so that you are warned before it.',
        );
      if (others.length > 0)
        call.out.warn(
          `Other configurations still have the old secret (${others.length}): ${others.slice(0, NAMED).join(', ')}${others.length > NAMED ? ' …' : ''}`,
        );
    }
    return EXIT.ok;
  },
};
