import { certificateDeps, PROVIDER_OPTION, showCertificate } from '../certificate-views.js';
import { type Command, JSON_OPTION, USER_OPTION } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { actorOf, CONFIGURATION, configOf, numberOf } from '../lookup.js';

/** In days. */
const USUAL = 365;
const MOST = 1095;

export const command: Command = {
  summary: 'Creates a key and a certificate with which the app signs in, in place of a client secret',
  details:
    'The key stays in a file of the state folder (mode 0600) and is printed nowhere. The certificate is printed, to be uploaded to the provider. It is tried first at each request; the earlier ones and the client secret keep working until they are removed. Run it as root, which continues as the user of the sidecar, or as that user with its SIDECAR_STATE.',
  arguments: [CONFIGURATION],
  options: {
    days: { value: 'DAYS', description: `days of validity; default: ${USUAL}, at most ${MOST}` },
    ...PROVIDER_OPTION,
    ...USER_OPTION,
    ...JSON_OPTION,
  },
  examples: [['certificate create "Support mailbox"', 'shows the certificate to upload, and its thumbprint']],
  async run(call) {
    const days = numberOf(call, 'days', USUAL, MOST);
    const adapters = call.helpdesk();
    const { id } = await configOf(adapters, call.arguments[0]);
    await adapters.ready();
    const userId = await actorOf(call, adapters);
    const { createCertificate } = await import('../../usecases/manage-certificates.js');
    const anyProvider = call.flag('any-provider');
    const input = { configId: id, userId, anyProvider, days };
    const facts = await createCertificate(await certificateDeps(adapters), input);
    showCertificate(call, facts);
    return EXIT.ok;
  },
};
