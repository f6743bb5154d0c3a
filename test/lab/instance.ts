import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the checkout. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** `test-2` to `test-4` are further Znuny 6.5: tests of all run side by side. `test-pg` is one on PostgreSQL. */
export type InstanceName = 'demo' | 'test' | 'test-2' | 'test-3' | 'test-4' | 'test-6.0' | 'test-pg';

/** Another 6.5 that Debian has: `LAB_HELPDESK=bookworm/6.5.1 make test`. */
const [suite = 'trixie', version = '6.5.15'] = process.env.LAB_HELPDESK?.split('/') ?? [];

/** The genuine helpdesks of the lab: Debian's package otrs2 of two suites. */
export const HELPDESKS = {
  /** Znuny 6.5, with OAuth2 built in. */
  '6.5': { suite, version, product: 'Znuny' },
  /** Znuny 6.0, which has no OAuth2, like OTRS 6. */
  '6.0': { suite: 'bullseye', version: '6.0.32', product: 'Znuny LTS' },
} as const;

/** Everything that is known about an instance of the lab before it runs. All servers listen on 127.0.0.1. */
export interface Instance {
  name: InstanceName;
  /** Which helpdesk. */
  release: keyof typeof HELPDESKS;
  /** `.lab/<name>`: data, log files and pid files. */
  dir: string;
  /** `.lab/cache`: downloads that the instances share. */
  cache: string;
  /** The genuine helpdesk's folder. */
  home: string;
  /** Maildir folders, one per user. */
  mail: string;
  /** Further templates for token configurations (SIDECAR_TEMPLATES). */
  templates: string;
  ports: Record<
    'mariadb' | 'apache' | 'https' | 'imap' | 'imaps' | 'pop3' | 'pop3s' | 'smtp' | 'provider' | 'sidecar',
    number
  >;
  urls: {
    helpdesk: string;
    provider: string;
    callback: string;
    /** The same behind a load balancer that terminates TLS; only a test starts one. */
    secure: { helpdesk: string; callback: string };
    sidecar: string;
  };
  database: {
    family: 'mysql' | 'postgres';
    host: string;
    port: number;
    user: string;
    password: string;
    database: string;
    /** As DatabaseAddress has it. */
    server?: readonly string[];
  };
}

/** Log-ins of the helpdesk and the client at the provider. None of them is a secret: all of it is on loopback only. */
export const CREDENTIALS = {
  root: { login: 'root@localhost', password: 'root' },
  /** In group admin with rw; time zone Europe/Berlin. */
  admin: { login: 'oauthadmin', password: 'oauthadmin' },
  /** An ordinary agent without admin rights. */
  agent: { login: 'agent', password: 'agent' },
  client: { id: 'helpdesk', secret: 'helpdesk-secret-for-the-lab' },
  mailboxes: ['support@example.test', 'sales@example.test'],
  /** Mailboxes that an app opens without a person: any token of the client below opens them. */
  app: { id: 'app-with-a-certificate', mailboxes: ['one@app.test', 'two@app.test'] },
} as const;

/** Ports above 1024 that neither browsers nor Node's fetch connect to (https://fetch.spec.whatwg.org/#port-blocking). */
const REFUSED_PORTS = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
  10080,
]);

/** The test instances run side by side; LAB_PORT_BASE moves all of them. */
const PORT_OFFSETS: Record<InstanceName, number> = {
  demo: 0,
  test: 0,
  'test-6.0': 500,
  'test-2': 1000,
  'test-pg': 1500,
  'test-3': 2000,
  'test-4': 2500,
};

/** When root starts them, the servers run as another user, who must be able to reach their data. */
function isClosed(folder: string): boolean {
  if (process.getuid?.() !== 0) return false;
  const parents = [folder];
  while (parents[0] !== path.dirname(parents[0] ?? '/')) parents.unshift(path.dirname(parents[0] ?? '/'));
  return parents.some((parent) => (statSync(parent).mode & 0o001) === 0);
}

/** `.lab` in the checkout; below a closed folder (/root has mode 0700) a link to a folder in /var/tmp. */
function labFolder(): string {
  const link = path.join(ROOT, '.lab');
  if (!isClosed(ROOT)) return link;
  const hash = createHash('sha256').update(ROOT).digest('hex').slice(0, 12);
  const folder = `/var/tmp/znuny-oauth2-lab-${hash}`;
  mkdirSync(folder, { recursive: true });
  if (!existsSync(link)) symlinkSync(folder, link);
  return folder;
}

/**
 * Where an instance lives.
 * @param env LAB_DIR replaces the folder `.lab`, LAB_PORT_BASE the first port number
 */
export function instance(
  name: InstanceName,
  env: Record<string, string | undefined> = process.env,
): Instance {
  const lab = path.resolve(env.LAB_DIR || labFolder());
  const base = Number(env.LAB_PORT_BASE || (name === 'demo' ? 18000 : 19000)) + PORT_OFFSETS[name];
  if (!Number.isInteger(base) || base < 1024 || base > 65000)
    throw new Error('LAB_PORT_BASE must be a number from 1024 to 65000.');
  const dir = path.join(lab, name);
  const ports = {
    mariadb: base + 306,
    apache: base + 80,
    https: base + 443,
    imap: base + 143,
    imaps: base + 993,
    pop3: base + 110,
    pop3s: base + 995,
    smtp: base + 25,
    provider: base + 90,
    sidecar: base + 70,
  };
  const refused = Object.values(ports).find((port) => REFUSED_PORTS.has(port));
  if (refused !== undefined)
    throw new Error(`LAB_PORT_BASE leads to port ${refused}, which browsers refuse. Choose another number.`);
  const site = (origin: string) => ({
    helpdesk: `${origin}/otrs/index.pl`,
    callback: `${origin}/otrs/get-oauth2-token-by-authorization-code.pl`,
  });
  return {
    name,
    release: name === 'test-6.0' ? '6.0' : '6.5',
    dir,
    cache: path.join(lab, 'cache'),
    home: path.join(dir, 'helpdesk'),
    mail: path.join(dir, 'mail'),
    templates: path.join(dir, 'templates'),
    ports,
    urls: {
      ...site(`http://127.0.0.1:${ports.apache}`),
      secure: site(`https://127.0.0.1:${ports.https}`),
      // Another host name than the helpdesk's: the way back from the consent is cross-site, as in production.
      provider: `http://localhost:${ports.provider}`,
      sidecar: `http://127.0.0.1:${ports.sidecar}`,
    },
    database: {
      family: name === 'test-pg' ? 'postgres' : 'mysql',
      host: '127.0.0.1',
      port: ports.mariadb,
      user: 'helpdesk',
      password: 'helpdesk-of-the-lab',
      database: 'helpdesk',
    },
  };
}

/** The path of a Unix socket has at most 107 characters, so sockets get a short name outside the instance's folder. */
export function socketFile(of: Instance, name: string): string {
  const hash = createHash('sha256').update(of.dir).digest('hex').slice(0, 12);
  return `/tmp/oauth2-lab-${hash}-${name}.sock`;
}

/**
 * The same instance with another database server in place of its own, which goes on beside it.
 * @param folder of that server, below the instance's
 */
export function withOtherServer(of: Instance, folder: string): Instance {
  const port = of.ports.mariadb + 1;
  return {
    ...of,
    dir: path.join(of.dir, folder),
    ports: { ...of.ports, mariadb: port },
    database: { ...of.database, port },
  };
}
