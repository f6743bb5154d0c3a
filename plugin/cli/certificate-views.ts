import type { Adapters } from '../adapters/adapters.js';
import type { CertificateFacts } from '../domain/provider/client-keys.js';
import type { Call } from './command.js';

/** The option of the commands that add a certificate. */
export const PROVIDER_OPTION = {
  'any-provider': {
    description:
      'also where the provider is not Microsoft; it must accept private_key_jwt (RFC 7523) with PS256',
  },
};

/** What the commands of a certificate need. */
export const certificateDeps = async (adapters: Adapters) => ({
  tokenConfigs: await adapters.tokenConfigs(),
  keys: await adapters.clientKeys(),
  caches: await adapters.caches(),
});

/** A certificate as JSON; it contains no key. */
export const certificateAsJson = ({ thumbprint, sha1, validFrom, validTo, pem }: CertificateFacts) => ({
  thumbprint,
  sha1,
  validFrom,
  validTo,
  certificate: pem,
});

/** Shows a certificate that was stored, to be uploaded to the provider. */
export function showCertificate(call: Call, facts: CertificateFacts): void {
  const { out } = call;
  if (call.flag('json')) {
    out.json(certificateAsJson(facts));
    return;
  }
  out.pairs([
    ['Thumbprint (SHA-1)', facts.sha1],
    ['Thumbprint (SHA-256)', facts.thumbprint],
    ['Valid until', facts.validTo],
  ]);
  out.line();
  out.raw(facts.pem.endsWith('\n') ? facts.pem : `${facts.pem}\n`);
  out.line();
  out.line(
    'Save the block above as a file whose name ends with .cer, and upload it to the app registration: Certificates & secrets → Certificates.',
  );
  out.line('Until the provider knows it, the earlier certificate or client secret keeps working.');
}
