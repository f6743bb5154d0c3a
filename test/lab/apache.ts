import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { apacheRules } from '../../plugin/helpdesk/apache-rules.js';
import { ruleFacts } from '../../plugin/helpdesk/rule-facts.js';
import { defaultFramePort } from '../../plugin/lib/configuration-text.js';
import { type Instance, ROOT } from './instance.js';
import { logFile, startServer } from './servers.js';
import { channelRules, type LabChannel } from './sidecar-channel.js';

const MODULES = '/usr/lib/apache2/modules';

/** The modules of Debian's own helpdesk set-up, and those that our rules name. */
export const WANTED_MODULES = [
  'mpm_prefork',
  'authz_core',
  'authz_host',
  'alias',
  'mime',
  'dir',
  'env',
  'headers',
  'rewrite',
  'proxy',
  'proxy_http',
  'remoteip',
  'setenvif',
  'filter',
  'deflate',
  'perl',
];

/** As at a site behind a load balancer, so that a test's browser can have an address other than loopback. */
const LOAD_BALANCER = `RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
`;

/** The helpdesk's own web server configuration. */
const helpdeskSite = ({ home }: Instance): string => `ScriptAlias /otrs "${home}/bin/cgi-bin/"
Alias /otrs-web "${home}/var/httpd/htdocs/"
PerlRequire ${home}/scripts/apache2-perl-startup.pl
PerlPostConfigRequire ${home}/Custom/preload.pl
<Location /otrs>
  SetHandler perl-script
  PerlResponseHandler ModPerl::Registry
  Options +ExecCGI
  PerlOptions +ParseHeaders +SetupEnv
  Require all granted
</Location>
<Directory "${home}">
  Require all granted
</Directory>
`;

/** What the rules are made of. */
export const rulesOf = ({ home }: Instance) =>
  ruleFacts({ scriptAlias: 'otrs/', home, packageFolder: ROOT, unit: 'znuny-oauth2' });

/** The rules for a web server of the lab that leads to the sidecar whose health is at a port. */
const labApacheRules = (
  of: Instance,
  port: number,
  more: { include?: string; channel?: Exclude<LabChannel, '0.1'> } = {},
): string => {
  const { channel, ...options } = more;
  return apacheRules({
    ...rulesOf(of),
    ...channelRules(of, port, channel),
    framePort: defaultFramePort(port),
    ...options,
  });
};

/** @param site what follows the server's own part */
function configuration(of: Instance, port: number, name: string, site: string, wanted: string[]): string {
  const modules = wanted.filter((name) => existsSync(path.join(MODULES, `mod_${name}.so`)));
  return `ServerRoot ${of.dir}
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
DefaultRuntimeDir ${path.join(of.dir, 'run')}
PidFile ${path.join(of.dir, `log/${name}.pid`)}
ErrorLog ${logFile(of, 'apache-error')}
${modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
StartServers 2
MinSpareServers 2
MaxRequestWorkers 12
MaxConnectionsPerChild 2000
KeepAliveTimeout 2
TypesConfig /etc/mime.types
${of.name !== 'demo' ? LOAD_BALANCER : ''}${site}
`;
}

/** @param site what follows the server's own part. Ready when the log-in page is served. */
export async function startSite(
  of: Instance,
  name: string,
  port: number,
  site: string,
  modules = WANTED_MODULES,
): Promise<void> {
  mkdirSync(path.join(of.dir, 'log'), { recursive: true });
  const file = path.join(of.dir, `${name}.conf`);
  writeFileSync(file, configuration(of, port, name, site, modules));
  await startServer(of, name, {
    port,
    command: '/usr/sbin/apache2',
    args: ['-D', 'FOREGROUND', '-f', file],
    ready: async () =>
      (await fetch(`http://127.0.0.1:${port}/otrs/index.pl`).catch(() => undefined))?.status === 200,
  });
}

/** Starts the helpdesk's private web server; ready when the log-in page is served. */
export async function startApache(of: Instance): Promise<void> {
  const rules = path.join(of.dir, 'oauth2-sidecar.conf');
  writeFileSync(rules, labApacheRules(of, of.ports.sidecar));
  // The helpdesk at server level, then exactly the rules that a production system gets.
  await startSite(of, 'apache', of.ports.apache, `${helpdeskSite(of)}Include ${rules}`);
}

/** One more front end of the same helpdesk, whose web server passes the screens to another sidecar. */
export async function startFrontEnd(
  of: Instance,
  name: string,
  port: number,
  sidecarPort: number,
  channel: Exclude<LabChannel, '0.1'> = 'socket',
): Promise<void> {
  const rules = path.join(of.dir, `${name}-rules.conf`);
  writeFileSync(rules, labApacheRules(of, sidecarPort, { channel }));
  await startSite(of, name, port, `${helpdeskSite(of)}Include ${rules}`);
}

/** The helpdesk with rules that the caller has made. Ready when the log-in page is served. */
export async function startWithRules(of: Instance, name: string, port: number, rules: string): Promise<void> {
  await startSite(of, name, port, `${helpdeskSite(of)}${rules}`);
}

/** The helpdesk without our rules, for comparisons with its built-in screens. @returns its port */
export async function startPlainApache(of: Instance): Promise<number> {
  const port = of.ports.apache + 1;
  await startSite(of, 'apache-plain', port, helpdeskSite(of));
  return port;
}

/** Where the helpdesk's configuration is, and whether our rules were told so (`apache-rules --include`). */
export type Layout = 'beside the virtual host' | 'inside' | 'inside, included';

/** A site of virtual hosts without any rewrite rule, like Debian's own default site. @returns its port */
export async function startVirtualHost(of: Instance, sidecarPort: number, layout: Layout): Promise<number> {
  const port = of.ports.apache + 2;
  const site = path.join(of.dir, 'helpdesk-site.conf');
  const rules = path.join(of.dir, 'virtual-host-rules.conf');
  const include = layout === 'inside, included' ? { include: site } : {};
  writeFileSync(site, helpdeskSite(of));
  writeFileSync(rules, labApacheRules(of, sidecarPort, include));
  const isBeside = layout === 'beside the virtual host';
  const lines = [
    isBeside ? `Include ${site}` : '',
    `<VirtualHost 127.0.0.1:${port}>`,
    'ServerName helpdesk.example',
    isBeside ? '' : `Include ${site}`,
    '</VirtualHost>',
    `Include ${rules}`,
  ];
  await startSite(of, 'apache-virtual-host', port, lines.join('\n'));
  return port;
}
