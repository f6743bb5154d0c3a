import path from 'node:path';
import type { Config } from '../../config/load-config.js';
import type { SidecarTarget } from '../../domain/helpdesk/channel.js';
import type { Settings } from '../../domain/helpdesk/settings.js';
import { COMMON } from '../../domain/product/records.js';
import { SidecarError } from '../../errors.js';
import { isHostName } from '../../lib/configuration-text.js';
import { isLocalHost } from '../../lib/ip-address.js';
import { type Call, type Command, UsageError } from '../command.js';
import { EXIT } from '../exit-codes.js';

/** @throws UsageError if Apache could not read it */
export function includeOf(text: Call['text']): string | undefined {
  const include = text('include');
  if (include !== undefined && (!path.isAbsolute(include) || /["\\]/.test(include)))
    throw new UsageError('--include needs the absolute path of a file.');
  return include;
}

/** @throws UsageError if Apache could not read one of them */
export function hostsOf(text: Call['text']): string[] | undefined {
  const hosts = text('host')?.split(',');
  if (hosts?.some((host) => !isHostName(host)))
    throw new UsageError('--host needs names of hosts without a port, with commas between them.');
  return hosts;
}

export const SIDECAR_OPTION = {
  value: 'NAME',
  description: "name of the sidecar's container, if the web server reaches it over a network",
};

/** @throws UsageError if a web server could not read it */
export function sidecarOf(text: Call['text']): string | undefined {
  const name = text('sidecar');
  if (name !== undefined && !isHostName(name))
    throw new UsageError('--sidecar needs the name of a host, without a port.');
  return name;
}

/** Collects the facts for the rules of this helpdesk's installation. */
export async function factsOf(home: string, settings: Settings) {
  const [{ packageFolder }, { installationOf }, { scriptAlias }, { ruleFacts }] = await Promise.all([
    import('../../lib/package-folder.js'),
    import('../../install/site.js'),
    import('../../domain/consent/redirect-uri.js'),
    import('../../helpdesk/rule-facts.js'),
  ]);
  const { unit } = installationOf(home);
  return ruleFacts({ scriptAlias: scriptAlias(settings), home, packageFolder: packageFolder(), unit });
}

/**
 * Returns how the web server reaches the sidecar, and the secret of both.
 * @param name of the sidecar's container
 * @throws UsageError if the name is missing although the sidecar listens on a network
 * @throws SidecarError config-invalid for a configuration of version 0.1, which has no secret
 */
export function channelOf(
  { socket, host, port, secret }: Config,
  name: string | undefined,
): { target: SidecarTarget; secret: string } {
  if (secret === null)
    throw new SidecarError('config-invalid', {
      detail:
        'SIDECAR_SECRET is not set. "znuny-oauth2 install" creates it. Without install, generate one (openssl rand -hex 24), and set it for the sidecar and for this command.',
    });
  if (socket !== null) return { target: { socket }, secret };
  if (name === undefined && !isLocalHost(host))
    throw new UsageError(
      `The sidecar listens on ${host}. Give the name of its container, as the web server reaches it: --sidecar NAME.`,
    );
  return { target: { port, ...(name === undefined ? {} : { host: name }) }, secret };
}

export const command: Command = {
  summary: "Prints the rules for the helpdesk's Apache",
  details:
    "The rules use the helpdesk's ScriptAlias and the sidecar's socket or port (SIDECAR_SOCKET, SIDECAR_PORT). They contain the secret (SIDECAR_SECRET), so let only root read them.",
  options: {
    include: {
      value: 'FILE',
      description: "the helpdesk's own Apache configuration, if that is inside a <VirtualHost>",
    },
    sidecar: SIDECAR_OPTION,
    host: {
      value: 'NAME,…',
      description: 'host names of this helpdesk, if another one has the same ScriptAlias in this Apache',
    },
  },
  examples: [
    ['apache-rules', 'install.md says where to store them, so that only root can read them'],
    [
      `apache-rules --include ${COMMON.exampleHome}/scripts/apache2-httpd.include.conf`,
      'for a site whose <VirtualHost> includes this file',
    ],
  ],
  async run({ helpdesk, out, text }) {
    const sidecar = sidecarOf(text);
    const include = includeOf(text);
    const hosts = hostsOf(text);
    const { config, settings } = helpdesk();
    const [{ apacheRules }, facts] = await Promise.all([
      import('../../helpdesk/apache-rules.js'),
      factsOf(config.home, await (await settings()).current()),
    ]);
    out.raw(
      apacheRules({
        ...facts,
        ...channelOf(config, sidecar),
        framePort: config.listener.port,
        ...(include === undefined ? {} : { include }),
        ...(hosts === undefined ? {} : { hosts }),
      }),
    );
    return EXIT.ok;
  },
};
