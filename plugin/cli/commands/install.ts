import { realpathSync, statSync } from 'node:fs';
import { COMMON } from '../../domain/product/records.js';
import { type Call, type Command, type Option, UsageError } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { hostsOf, includeOf } from './apache-rules.js';

/** Options of `install` and `uninstall`. */
export const INSTALL_OPTIONS: Record<string, Option> = {
  'dry-run': { description: 'show every change, and make none' },
  name: { value: 'NAME', description: 'name of this installation, if the machine has several helpdesks' },
  'database-admin': {
    value: 'LOGIN',
    description:
      'database user who can create users; default: root, or postgres on PostgreSQL. The password is read from SIDECAR_DATABASE_ADMIN_PASSWORD',
  },
  'database-socket': { value: 'FILE', description: "socket of the helpdesk's database server" },
  'database-host': {
    value: 'HOST',
    description:
      "HOST or HOST:PORT of the helpdesk's database server, where the password of the database user may be sent",
  },
  'without-database-user': { description: "use the helpdesk's own database user" },
  'without-apache': { description: 'do not change the web server' },
  'web-server': {
    value: 'KIND',
    choices: ['apache', 'nginx'],
    description:
      "the helpdesk's own web server; default: Apache where it is installed, otherwise nginx. An nginx in front of Apache needs no rules",
  },
  root: {
    value: 'DIR',
    description: 'alternative root directory for the files in /etc, as with dpkg --root',
  },
};

export const command: Command = {
  summary: 'Installs the sidecar beside a helpdesk',
  details:
    "Sets up the system user, configuration file, tables, a database user with minimal rights, the helpdesk's add-on, the rules for Apache or nginx, and the service. What is already in place stays unchanged, so you can run the command again after an interruption or an update.",
  options: {
    ...INSTALL_OPTIONS,
    port: {
      value: 'PORT',
      description:
        "port for health and metrics; default: 18270. The next port is the web server's internal listener",
    },
    channel: {
      value: 'KIND',
      choices: ['socket', 'tcp'],
      description:
        'how the web server reaches the sidecar: through a Unix socket (default), or through the port with a secret',
    },
    'web-server-user': {
      value: 'NAME',
      description: "user who may open the socket; default: the web server's user on this machine",
    },
    relay: {
      value: 'ADDRESS,…',
      description:
        'addresses on which the relay listens, such as imap://127.0.0.1:1143,smtp://127.0.0.1:1587, with a socket unit for each protocol; "off" switches it off',
    },
    include: { value: 'FILE', description: 'see apache-rules' },
    host: { value: 'NAME,…', description: 'see apache-rules' },
  },
  examples: [
    ['install --dry-run', 'shows every change, and how to make it by hand'],
    ['install', 'finds the helpdesk in the usual places'],
    [
      `install --home ${COMMON.otherExampleHome} --name second --port 18280 --host second.example.com`,
      'a second helpdesk on the same machine',
    ],
  ],
  needsRoot: true,
  run: (call) => carryOutPlan(call, 'todo'),
};

/**
 * Returns the command for the unit: full paths of Node and of the program behind npm's link, because a
 * service has a short PATH.
 */
function programOf(script: string): string {
  const file = realpathSync(script);
  return /\.c?js$/.test(file) ? `${process.execPath} --max-semi-space-size=2 ${file}` : script;
}

function isFolder(file: string): boolean {
  try {
    return statSync(file).isDirectory();
  } catch {
    return false;
  }
}

/** Runs the installation in either direction. */
export async function carryOutPlan(call: Call, direction: 'todo' | 'undo'): Promise<ExitCode> {
  const { text, flag, out, environment } = call;
  const [{ makePlan }, { carryOut }, { packageFolder, packageVersion }] = await Promise.all([
    import('../../install/plan.js'),
    import('../../install/action.js'),
    import('../../lib/package-folder.js'),
  ]);
  const root = text('root') ?? '/';
  if (!isFolder(root)) throw new UsageError(`--root "${root}" is not a folder.`);
  const env = environment();
  const mayChange = process.getuid?.() === 0;
  const plan = await makePlan({
    home: env.HELPDESK_HOME as string,
    packageFolder: packageFolder(),
    version: packageVersion(),
    program: programOf(process.argv[1] ?? ''),
    env,
    name: text('name'),
    port: text('port'),
    root,
    databaseAdmin: flag('without-database-user')
      ? null
      : {
          login: text('database-admin') ?? null,
          password: env.SIDECAR_DATABASE_ADMIN_PASSWORD ?? '',
          socket: text('database-socket') ?? null,
          host: text('database-host') ?? null,
        },
    withoutApache: flag('without-apache'),
    webServer: text('web-server') as 'apache' | 'nginx' | undefined,
    channel: text('channel') as 'socket' | 'tcp' | undefined,
    webServerUser: text('web-server-user'),
    relay: text('relay'),
    include: includeOf(text),
    hosts: hostsOf(text),
    isUninstall: direction === 'undo',
  });
  try {
    const dryRun = flag('dry-run') || !mayChange;
    const { product, version } = plan.site.recognised.release;
    out.line(`${product} ${version} in ${plan.site.home}`);
    const count = await carryOut(
      plan.steps,
      direction,
      {
        step: (title) => out.line(`${title}:`),
        action({ what, byHand = [] }) {
          out.line(`  ${dryRun ? 'would' : 'done:'} ${what}`);
          if (dryRun) for (const line of byHand) out.line(`      ${line}`);
        },
      },
      dryRun,
    );
    if (count === 0) out.line('Nothing to do.');
    if (direction === 'todo') for (const note of plan.notes) out.line(note);
    if (flag('dry-run') || mayChange || count === 0) return EXIT.ok;
    out.warn(
      'Nothing was changed, because this needs root. Run the same command with sudo, or run the lines above one by one.',
    );
    return EXIT.failed;
  } finally {
    await plan.close();
  }
}
