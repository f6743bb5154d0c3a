import { certificatesOf, credentialEnd } from '../../domain/configuration/certificates.js';
import { serviceAccountOf } from '../../domain/configuration/service-account.js';
import type { TokenConfig } from '../../domain/configuration/token-config.js';
import { type Finding, finding, ok, type Remedy } from '../../domain/doctor/doctor.js';
import type { DoctorDeps } from '../../domain/doctor/doctor-ports.js';
import { SECRET_WARNINGS } from '../../domain/token/token-state.js';
import { type Phrase, phrase } from '../../lib/phrase.js';
import { names, OVERVIEW } from './finding-parts.js';
import { isValid } from './token-checks.js';

const NEW_SECRET: Remedy = {
  text: phrase('Create a new secret at the provider, then enter it in the token configuration.'),
  link: OVERVIEW,
};
const NEW_CERTIFICATE: Remedy = {
  text: phrase(
    'Create a new certificate, upload it to the provider, then remove the old one: znuny-oauth2 help certificate create',
  ),
};
const GIVE_KEY: Remedy = {
  text: phrase(
    'Copy the missing key files from another sidecar into the folder "certificates" of the state folder, with mode 0600 and the sidecar\'s user as owner, or create new certificates. "znuny-oauth2 certificate list" names them.',
  ),
};

const IMPORT_KEY: Remedy = {
  text: phrase(
    'Import the key file of Google, or copy the folder "service-accounts" of the state folder from another sidecar, with the sidecar\'s user as owner: znuny-oauth2 help service-account import',
  ),
};

/** The names of configurations with a certificate whose key this machine cannot use. */
async function withoutKey(deps: DoctorDeps, configs: readonly TokenConfig[]): Promise<string[]> {
  const wanted = configs.flatMap(({ name, document }) =>
    certificatesOf(document).map(({ thumbprint }) => ({ name, thumbprint })),
  );
  if (wanted.length === 0) return [];
  const keys = await deps.clientKeys();
  const unique = [...new Set(wanted.map(({ thumbprint }) => thumbprint))];
  const stateOf = (one: string) => keys.state(one).catch(() => 'unreadable' as const);
  const states = new Map(await Promise.all(unique.map(async (one) => [one, await stateOf(one)] as const)));
  return [
    ...new Set(
      wanted.filter(({ thumbprint }) => states.get(thumbprint) !== 'usable').map(({ name }) => name),
    ),
  ];
}

/** The names of configurations of a service account whose key this machine cannot use. */
async function withoutAccountKey(deps: DoctorDeps, configs: readonly TokenConfig[]): Promise<string[]> {
  const wanted = configs.flatMap(({ name, document }) => {
    const key = serviceAccountOf(document)?.key;
    return key === undefined ? [] : [{ name, key }];
  });
  if (wanted.length === 0) return [];
  const keys = await deps.serviceAccountKeys();
  const unique = [...new Set(wanted.map(({ key }) => key))];
  const stateOf = (one: string) => keys.state(one).catch(() => 'unreadable' as const);
  const states = new Map(await Promise.all(unique.map(async (one) => [one, await stateOf(one)] as const)));
  return wanted.filter(({ key }) => states.get(key) !== 'usable').map(({ name }) => name);
}

/** What the helpdesk's own Perl cannot do: sign. */
function onlySidecar(configs: readonly TokenConfig[]): Phrase[] {
  const only = configs.filter(
    ({ document }) => certificatesOf(document).length > 0 && !document.ClientSecret,
  );
  const accounts = configs.filter(({ document }) => serviceAccountOf(document) !== null);
  return [
    ...(only.length > 0
      ? [
          phrase(
            'Only the sidecar can renew these, with their certificates; the helpdesk itself cannot: %s.',
            names(only.map(({ name }) => name)),
          ),
        ]
      : []),
    ...(accounts.length > 0
      ? [
          phrase(
            'Only the sidecar can renew these, with the key of a service account; the helpdesk itself cannot: %s.',
            names(accounts.map(({ name }) => name)),
          ),
        ]
      : []),
  ];
}

export async function checkSecrets(deps: DoctorDeps): Promise<Finding> {
  const now = deps.clock().getTime();
  const configs = (await (await deps.tokenConfigs()).all()).filter(isValid);
  const left = configs.flatMap(({ name, document }) => {
    const ending = credentialEnd(document);
    return ending ? [{ name, what: ending.what, left: ending.end.getTime() - now }] : [];
  });
  const soon = (kind: 'secret' | 'certificate') =>
    left.filter((one) => one.what === kind && one.left <= SECRET_WARNINGS.info).map(({ name }) => name);
  const [secrets, certificates, keyless, accounts] = [
    soon('secret'),
    soon('certificate'),
    await withoutKey(deps, configs),
    await withoutAccountKey(deps, configs),
  ];
  const reasons = [
    ...(secrets.length > 0
      ? [phrase('Client secrets that have expired or expire within 30 days: %s.', names(secrets))]
      : []),
    ...(certificates.length > 0
      ? [phrase('Certificates that have expired or expire within 30 days: %s.', names(certificates))]
      : []),
    ...(keyless.length > 0
      ? [
          phrase(
            'The private key of a certificate is missing here, damaged, or open to others: %s.',
            names(keyless),
          ),
        ]
      : []),
    ...(accounts.length > 0
      ? [
          phrase(
            'The private key of a service account is missing here, damaged, or open to others: %s.',
            names(accounts),
          ),
        ]
      : []),
  ];
  const note = onlySidecar(configs);
  if (reasons.length === 0)
    return ok(
      left.length > 0
        ? phrase('No client secret and no certificate expires within 30 days.')
        : phrase('No token configuration states when its client secret expires.'),
      ...note,
    );
  const isUrgent =
    keyless.length > 0 || accounts.length > 0 || left.some((one) => one.left <= SECRET_WARNINGS.error);
  return finding(
    isUrgent ? 'fault' : 'warning',
    [...reasons, ...note],
    ...(secrets.length > 0 ? [NEW_SECRET] : []),
    ...(certificates.length > 0 ? [NEW_CERTIFICATE] : []),
    ...(keyless.length > 0 ? [GIVE_KEY] : []),
    ...(accounts.length > 0 ? [IMPORT_KEY] : []),
  );
}
