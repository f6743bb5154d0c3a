import { cloudMixture } from '../../domain/configuration/microsoft-cloud.js';
import type { TokenConfig } from '../../domain/configuration/token-config.js';
import { type Finding, finding, ok, settingLink } from '../../domain/doctor/doctor.js';
import { ADDRESS_REFUSED_CODE, type DoctorDeps, PROXY_CODE } from '../../domain/doctor/doctor-ports.js';
import { NO_USAGE, serversOf } from '../../domain/mailbox/usage.js';
import { tokenUrl } from '../../domain/provider/provider.js';
import { policyOf } from '../../domain/token/renewal.js';
import { rankOf, type TokenState, tokenState } from '../../domain/token/token-state.js';
import { hostOf } from '../../lib/host-of.js';
import { inner, phrase } from '../../lib/phrase.js';
import { MOST_NAMED, names, OVERVIEW } from './finding-parts.js';

const MOST_HOSTS = 10;
/** More than any helpdesk has; one query. */
const ALL = { page: 1, pageSize: 100_000 };

export const isValid = ({ validId }: TokenConfig) => validId === 1;

/**
 * Sends one request without credentials to each provider, with the helpdesk's own proxy and certificate
 * settings.
 */
export async function checkProviders(deps: DoctorDeps): Promise<Finding> {
  const configs = (await (await deps.tokenConfigs()).all()).filter(isValid);
  const urls = new Map(
    configs.map(({ document }) => [hostOf(tokenUrl(document)), tokenUrl(document)] as const),
  );
  urls.delete('');
  if (urls.size === 0) return ok(phrase('There is no valid token configuration yet.'));
  const endpoints = await deps.endpoints();
  const answers = await Promise.all(
    [...urls].slice(0, MOST_HOSTS).map(async ([host, url]) => ({ host, answer: await endpoints.reach(url) })),
  );
  const failed = answers.flatMap(({ host, answer }) =>
    'code' in answer ? [`${host} (${answer.code})`] : [],
  );
  const refused = answers.filter(({ answer }) => 'code' in answer && answer.code === ADDRESS_REFUSED_CODE);
  if (refused.length > 0)
    return finding(
      'fault',
      phrase(
        'Not contacted, because the address belongs to this machine, or is link-local or reserved: %s.',
        names(refused.map(({ host }) => host)),
      ),
      {
        text: phrase("Correct the endpoints, or allow their addresses in the sidecar's configuration:"),
        command: 'SIDECAR_ALLOW_ADDRESSES=127.0.0.1',
      },
    );
  const byProxy = answers.flatMap(({ host, answer }) =>
    'code' in answer && answer.code.startsWith(PROXY_CODE)
      ? [`${host} (${answer.code.slice(PROXY_CODE.length)})`]
      : [],
  );
  if (byProxy.length > 0)
    return finding(
      'fault',
      phrase('The proxy (WebUserAgent::Proxy) refuses connections to: %s.', names(byProxy)),
      {
        text: phrase('Correct the setting WebUserAgent::Proxy, or the proxy itself.'),
        link: settingLink('WebUserAgent::Proxy'),
      },
    );
  if (failed.length > 0)
    return finding('fault', phrase('Not reachable, or without a trusted certificate: %s.', names(failed)), {
      text: phrase(
        'Check the endpoints, the name server, the firewall, and the proxy that the helpdesk uses:',
      ),
      link: settingLink('WebUserAgent::Proxy'),
    });
  if ((await deps.settings()).flag('WebUserAgent::DisableSSLVerification', false))
    return finding(
      'warning',
      phrase(
        'Provider certificates are not checked: anyone who can intercept the connection obtains client secrets and tokens.',
      ),
      { link: settingLink('WebUserAgent::DisableSSLVerification') },
    );
  return ok(phrase('Reachable: %s.', names(answers.map(({ host }) => host))));
}

export async function checkConfigs(deps: DoctorDeps): Promise<Finding> {
  const now = deps.clock();
  const settings = await deps.settings();
  const policy = policyOf(settings);
  // Computed now: the stored states are true only while the renewal service runs.
  const { rows } = await (await deps.overview()).list(ALL);
  const valid = rows.filter(({ config }) => isValid(config));
  const usages = await (await deps.usages()).of(valid.map(({ config }) => config));
  const mixed = valid.flatMap(({ config }) => {
    const found = cloudMixture(config.document, serversOf(usages.get(config.id) ?? NO_USAGE, settings));
    return found ? [phrase('%s: %s', config.name, inner(found.text))] : [];
  });
  const states = valid
    .map((row): { name: string; state: TokenState } => ({
      name: row.config.name,
      state: tokenState(row, now, policy),
    }))
    .filter(({ state }) => state.kind !== 'secret-ends')
    .sort((left, right) => rankOf(left.state) - rankOf(right.state));
  const of = (severity: TokenState['severity']) =>
    states.filter(({ state }) => state.severity === severity).map(({ name }) => name);
  const overview = { link: OVERVIEW };
  const lacking = states.filter(({ state }) => state.kind === 'scope-missing');
  const [faults, warnings] = [of('error'), of('warning')];
  const reasons = [
    ...(faults.length > 0 ? [phrase('Mail has stopped or will stop soon: %s.', names(faults))] : []),
    ...(lacking.length > 0
      ? [
          phrase(
            'Tokens that lack permissions for mail: %s. Request a new token and grant all permissions.',
            names(lacking.map(({ name }) => name)),
          ),
        ]
      : []),
    ...(warnings.length > 0 ? [phrase('Action needed before mail stops: %s.', names(warnings))] : []),
  ];
  reasons.push(...mixed.slice(0, MOST_NAMED));
  if (reasons.length > 0)
    return finding(faults.length + mixed.length > 0 ? 'fault' : 'warning', reasons, overview);
  return ok(phrase('Valid configurations: %s, none with an error.', states.length));
}
