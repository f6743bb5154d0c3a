import { certificateDeps, PROVIDER_OPTION, showCertificate } from '../certificate-views.js';
import { type Command, JSON_OPTION, USER_OPTION } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { actorOf, CONFIGURATION, configOf } from '../lookup.js';
import { readKeyMaterial } from '../read-key-material.js';

async function contentOf(file: string): Promise<Uint8Array> {
  const { unusable } = await import('../../oauth/key-pair.js');
  return readKeyMaterial(file, unusable);
}

export const command: Command = {
  summary: 'Imports an existing key and its certificate: PEM or PFX (PKCS #12)',
  details:
    'The file holds the RSA key (2048 bits or more) and its certificate. A copy is stored in the state folder (mode 0600) without a password; delete the original. Otherwise as with certificate create.',
  arguments: [CONFIGURATION, { name: 'file', description: 'PEM or PFX; "-" for standard input' }],
  options: {
    'password-file': { value: 'FILE', description: 'its first line is the password of the file' },
    ...PROVIDER_OPTION,
    ...USER_OPTION,
    ...JSON_OPTION,
  },
  examples: [
    ['certificate import "Support mailbox" app.pfx --password-file secret.txt', 'from a PFX with a password'],
    ['certificate import 7 - < app.pem', 'from standard input, for a file that only root may read'],
  ],
  async run(call) {
    const [word, file = ''] = call.arguments;
    const passwordFile = call.text('password-file');
    const password =
      passwordFile === undefined
        ? ''
        : (Buffer.from(await contentOf(passwordFile))
            .toString('utf8')
            .split(/\r?\n/)[0] ?? '');
    const content = await contentOf(file);
    const adapters = call.helpdesk();
    const { id } = await configOf(adapters, word);
    await adapters.ready();
    const userId = await actorOf(call, adapters);
    const { importCertificate } = await import('../../usecases/manage-certificates.js');
    const anyProvider = call.flag('any-provider');
    const input = { configId: id, userId, anyProvider, content, password, now: adapters.clock() };
    const facts = await importCertificate(await certificateDeps(adapters), input);
    showCertificate(call, facts);
    return EXIT.ok;
  },
};
