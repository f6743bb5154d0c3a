import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import { sql, superuser } from '../lab/database-server.js';
import { ROOT } from '../lab/instance.js';
import { freePort } from '../lab/ports.js';
import { znunyOauth2Words } from '../lab/program.js';
import { type BareHelpdesk, bareHelpdesk, fileFacts } from '../support/bare-helpdesk.js';
import { type BareMachine, bareMachine } from '../support/bare-machine.js';
import { IS_POSTGRES } from '../support/database.js';
import { lab } from '../support/lab.js';
import { layOutNginx } from '../support/nginx-machine.js';
import { account } from '../support/sql.js';

/** What the helpdesk itself records about an add-on that was installed and removed (docs/operations.md, Removal). */
const TRACES = [
  'sysconfig_deployment',
  'sysconfig_default',
  'sysconfig_default_version',
  'sysconfig_modified_version',
];

describe('znuny-oauth2 install and uninstall', function () {
  this.timeout(600_000);
  let helpdesk: BareHelpdesk;
  let machine: BareMachine;
  let port: string;
  before(async () => {
    helpdesk = await bareHelpdesk();
    machine = await bareMachine('install');
    port = String(await freePort());
  });
  after(async () => {
    await helpdesk.remove();
    machine.remove();
  });

  interface Answer {
    code: number | null;
    text: string;
  }
  /** @param killAfter ends the program by SIGKILL after this many steps */
  function cli(words: string[], { killAfter = 0, env = {}, on = machine } = {}): Promise<Answer> {
    const child = spawn(process.execPath, znunyOauth2Words(...words, '--root', on.root), {
      cwd: ROOT,
      env: { ...process.env, ...on.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        text += chunk;
        if (killAfter > 0 && (text.match(/done:/g) ?? []).length >= killAfter) child.kill('SIGKILL');
      });
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, text })));
  }
  const here = () => ['--home', helpdesk.home, '--database-socket', superuser(lab).socket];
  const install = (...more: string[]) => cli(['install', ...here(), '--port', port, ...more]);
  const uninstall = (...more: string[]) => cli(['uninstall', ...here(), ...more]);
  const accounts = async () =>
    (
      await sql(
        lab,
        IS_POSTGRES
          ? `SELECT rolname FROM pg_roles WHERE rolname = '${user()}'`
          : `SELECT CONCAT(User, '@', Host) FROM mysql.user WHERE User = '${user()}'`,
      )
    ).trim();
  const user = () => `oauth2_sidecar_${helpdesk.database}`;
  const doneIn = ({ text }: Answer) =>
    [...text.matchAll(/^ {2}(?:done:|would) (.*)$/gm)].map(([, what]) => what);
  /** Apache's modules stay enabled: another site may need them by now. */
  const machineFiles = () =>
    fileFacts(
      machine.root,
      /^(bin|state|etc\/apache2\/mods-enabled)(\/|$)|^etc\/(passwd|group|shadow|gshadow|subuid|subgid)-?$/,
    );
  const state = async () => ({
    files: helpdesk.files(),
    machine: machineFiles(),
    // Dates aside, the settings are those of before.
    settings: (
      await helpdesk.rows(
        'SELECT name, is_valid, is_required, xml_filename, MD5(effective_value), MD5(xml_content_raw), MD5(description) FROM sysconfig_default ORDER BY name',
      )
    ).map((row) => row.join(' ')),
    tables: Object.fromEntries(
      Object.entries(await helpdesk.tables()).filter(([name]) => !TRACES.includes(name)),
    ),
    accounts: await accounts(),
  });

  /** Named one by one: a comparison of thousands of files says nothing. */
  const differences = (
    before: Awaited<ReturnType<typeof state>>,
    after: Awaited<ReturnType<typeof state>>,
  ): string[] =>
    (['files', 'machine', 'tables'] as const)
      .flatMap((part) => {
        const names = new Set([...Object.keys(before[part]), ...Object.keys(after[part])]);
        return [...names]
          .filter((name) => before[part][name] !== after[part][name])
          .map((name) => `${part} ${name}: ${before[part][name]} became ${after[part][name]}`);
      })
      .concat(after.settings.filter((line) => !before.settings.includes(line)))
      .concat(before.settings.filter((line) => !after.settings.includes(line)))
      .concat(before.accounts === after.accounts ? [] : [`account ${after.accounts}`]);

  it('--dry-run lists every change and how to make it by hand, and makes none', async () => {
    const before = await state();
    const shown = await install('--dry-run');
    expect(shown.code, shown.text).to.equal(0);
    expect(doneIn(shown).join('\n')).to.match(
      /useradd[\s\S]*sidecar\.conf[\s\S]*tables[\s\S]*database user[\s\S]*grant[\s\S]*add-on[\s\S]*a2enconf[\s\S]*znuny-oauth2\.service/,
    );
    expect(shown.text).to.match(
      IS_POSTGRES
        ? /CREATE ROLE "\w+" LOGIN PASSWORD '…';/
        : /CREATE USER '\w+'@'127\.0\.0\.1' IDENTIFIED BY '…';/,
    );
    expect(differences(before, await state())).to.deep.equal([]);
    expect(machine.told()).to.deep.equal([]);
  });

  it('without root prints what to run and changes nothing', async () => {
    const before = await state();
    const shown = await cli(['install', ...here(), '--port', port], {
      env: { NODE_OPTIONS: `--require=${notRoot()}` },
    });
    expect(shown.code).to.equal(1);
    expect(shown.text)
      .to.include('Nothing was changed, because this needs root.')
      .and.include('a2enconf --quiet oauth2-sidecar');
    expect(differences(before, await state())).to.deep.equal([]);
  });
  const notRoot = (): string => {
    const file = path.join(machine.root, 'bin/not-root.cjs');
    writeFileSync(file, 'process.getuid = () => 1000;\n');
    return file;
  };

  describe('reports a fault before anything is done:', () => {
    const refused = async (words: string[], reason: RegExp, env = {}, code = 1) => {
      const light = async () => [machineFiles(), await accounts(), await helpdesk.tableNames()];
      const before = await light();
      const answer = await cli(words, { env });
      expect(answer.code, answer.text).to.equal(code);
      expect(answer.text).to.match(reason);
      expect(await light()).to.deep.equal(before);
    };
    const changed = async (file: string, from: RegExp, to: string, work: () => Promise<void>) => {
      const text = readFileSync(path.join(helpdesk.home, file), 'utf8');
      expect(text).to.match(from);
      writeFileSync(path.join(helpdesk.home, file), text.replace(from, to));
      await work().finally(() => writeFileSync(path.join(helpdesk.home, file), text));
    };
    const words = () => ['install', ...here(), '--port', port];

    it('a folder that is not a helpdesk', () =>
      refused(
        ['install', '--home', machine.root],
        /is not a helpdesk's folder: RELEASE, bin\/otrs\.Console\.pl, Kernel\/Config\.pm missing/,
      ));
    it('an unsupported version', () =>
      changed('RELEASE', /VERSION = .*/, 'VERSION = 5.0.42', () =>
        refused(words(), /is Znuny 5\.0\.42\.\s+The sidecar supports Znuny 6\.0 to 7/, {}, 5),
      ));
    for (const [driver, dsn] of [
      ['Oracle', 'DBI:Oracle://db:1521/otrs'],
      ['ODBC', 'DBI:ODBC:otrs'],
    ])
      it(`an unsupported database: ${driver}`, () =>
        changed('Kernel/Config.pm', /"DBI:(?:mysql|Pg)[^"]*"/, `"${dsn}"`, () =>
          refused(
            words(),
            new RegExp(`DBI:${driver}.*the sidecar supports MySQL, MariaDB and PostgreSQL only`),
            {},
            5,
          ),
        ));
    it('a wrong password in Config.pm', () =>
      changed('Kernel/Config.pm', /(\{DatabasePw\}\s*= ')[^']*/, '$1wrong', () =>
        refused(
          words(),
          /database does not respond[\s\S]*rejects the user[\s\S]*Check Kernel\/Config\.pm[\s\S]*database-unavailable/,
        ),
      ));
    it('a Config.pm that Perl cannot load', () =>
      changed('Kernel/Config.pm', /\{DatabaseUser\}\s*= '[^']*'/, '{DatabaseUser} = ;', () =>
        refused(words(), /Perl cannot load Kernel\/Config\.pm \([^)]*Kernel\/Config\.pm, line 12\)/),
      ));
    it('a wrong password of the user who may create users', () =>
      refused(
        [...words(), '--database-admin', 'nobody'],
        /database rejects the user "nobody"[\s\S]*--without-database-user/,
        { SIDECAR_DATABASE_ADMIN_PASSWORD: 'wrong-and-secret' },
      ));
    it('a password for a server that only Config.pm names', async () => {
      const [env, named] = [
        { SIDECAR_DATABASE_ADMIN_PASSWORD: 'wrong-and-secret' },
        `127.0.0.1:${lab.ports.mariadb}`,
      ];
      const admin = ['install', '--home', helpdesk.home, '--port', port, '--database-admin', 'nobody'];
      await refused(admin, new RegExp(`--database-host ${named}[\\s\\S]*the password was not sent`), env);
      await refused(
        [...admin, '--database-host', named],
        /database rejects the user "nobody"[\s\S]*--without-database-user/,
        env,
      );
    });
    it('a port in use, and one in use for the internal listener', async () => {
      const server = net.createServer();
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      const { port: taken } = server.address() as net.AddressInfo;
      try {
        for (const wanted of [taken, taken - 1])
          await refused(
            ['install', ...here(), '--port', String(wanted)],
            new RegExp(`Port ${taken} is in use`),
          );
      } finally {
        server.close();
      }
    });
  });

  it('installs, does nothing the second time, and leaves nothing behind after removal', async () => {
    const before = await state();
    const first = await install();
    expect(first.code, first.text).to.equal(0);
    expect(machine.told()).to.deep.equal([
      'reload apache2',
      'daemon-reload',
      'enable znuny-oauth2.socket',
      'enable znuny-oauth2.service',
      'stop znuny-oauth2.socket znuny-oauth2.service',
      'start znuny-oauth2.socket znuny-oauth2.service',
    ]);
    expect(await helpdesk.console('Admin::Package::List')).to.match(/OAuth2Sidecar/);
    expect(await accounts()).to.equal(IS_POSTGRES ? user() : `${user()}@127.0.0.1`);
    const rules = machine.read('etc/apache2/conf-enabled/oauth2-sidecar.conf');
    expect(rules).to.include('unix:/run/znuny-oauth2/sidecar.sock|').and.not.include(`127.0.0.1:${port}`);
    expect(machine.read('etc/systemd/system/znuny-oauth2.socket.d/helpdesk.conf')).to.equal(
      '[Unit]\nStopPropagatedFrom=znuny-oauth2.service\n\n[Socket]\nSocketUser=www-data\n',
    );
    const secret = /SIDECAR_SECRET=(.*)/.exec(machine.read('etc/znuny-oauth2/sidecar.conf'))?.[1] ?? '';
    expect(secret).to.have.length(43);
    expect(rules).to.include(`!=${secret}\n`);
    expect(machineFiles()['etc/apache2/conf-available/oauth2-sidecar.conf']).to.match(/^600 0:0 /);
    expect(first.text).not.to.include(secret);
    expect(machineFiles()['etc/znuny-oauth2/sidecar.conf']).to.match(/^640 0:\d+ /);
    const password =
      /SIDECAR_DATABASE_PASSWORD=(.*)/.exec(machine.read('etc/znuny-oauth2/sidecar.conf'))?.[1] ?? '';
    expect(password).to.have.length(32);
    const server = /^SIDECAR_DATABASE_SERVER=(.*)$/m.exec(machine.read('etc/znuny-oauth2/sidecar.conf'))?.[1];
    // PostgreSQL never asks for the password itself.
    expect(server).to.equal(IS_POSTGRES ? undefined : 'mariadb');
    expect(first.text).not.to.include(password);

    const second = await install();
    expect(second.text, second.text).to.match(/Nothing to do\./);
    expect(machine.told()).to.deep.equal([]);

    const gone = await uninstall();
    expect(gone.code, gone.text).to.equal(0);
    expect(differences(before, await state())).to.deep.equal([]);
    expect(machine.read('etc/passwd')).not.to.include('znuny-oauth2');
    expect((await uninstall()).text).to.match(/Nothing to do\./);
  });

  it('continues after being killed at every single step; removed in the same way, it leaves nothing', async () => {
    const before = await state();
    const rounds = async (words: () => string[]): Promise<string[]> => {
      const done: string[] = [];
      let killAfter = 1;
      let first: string | undefined;
      for (let round = 0; round < 60; round++) {
        const answer = await cli(words(), { killAfter });
        const made = doneIn(answer) as string[];
        // A step that leaves nothing behind, such as a test of the web server, runs again next time, and then gets
        // further.
        killAfter = made[0] === first ? killAfter + 1 : 1;
        first = made[0];
        done.push(...made);
        if (answer.code === 0) return done;
      }
      throw new Error(`never came to an end: ${done.join('\n')}`);
    };
    const made = await rounds(() => ['install', ...here(), '--port', port]);
    expect(made.length).to.be.greaterThan(10);
    const told = machine.told();
    expect(told.indexOf('start znuny-oauth2.socket znuny-oauth2.service')).to.be.greaterThan(
      told.indexOf('daemon-reload'),
    );
    expect(told).to.include('reload apache2');
    expect((await install()).text).to.match(/Nothing to do\./);
    await rounds(() => ['uninstall', ...here()]);
    expect(differences(before, await state())).to.deep.equal([]);
    machine.told();
  });

  it('leaves an Apache as it was when its test fails', async () => {
    const broken = path.join(machine.root, 'etc/apache2/conf-enabled/broken.conf');
    writeFileSync(broken, 'NoSuchDirective on\n');
    try {
      const answer = await install();
      expect(answer.code).to.equal(1);
      expect(answer.text).to.match(/NoSuchDirective[\s\S]*install-failed/);
      expect(machine.exists('etc/apache2/conf-enabled/oauth2-sidecar.conf')).to.equal(false);
      expect(machine.told()).to.deep.equal([]);
    } finally {
      rmSync(broken);
    }
    const answer = await install();
    expect(answer.code, answer.text).to.equal(0);
    expect(machine.told()).to.include('reload apache2');
  });

  it("allows the internal listener's port in SELinux before it tells Apache, and does not begin without the tool for it", async () => {
    const policy = machine.selinux();
    const before = await state();
    expect((await install()).text).to.match(/the program "semanage"[\s\S]*policycoreutils-python-utils/);
    expect(differences(before, await state())).to.deep.equal([]);
    policy.bringTools();
    try {
      const shown = await install('--dry-run');
      const listener = Number(port) + 1;
      expect(shown.text).to.match(
        new RegExp(
          `semanage port -a -t http_port_t -p tcp ${listener}[\\s\\S]*setsebool -P httpd_can_network_connect 1`,
        ),
      );
      expect((await install()).code).to.equal(0);
      expect(policy.told()).to.deep.equal([
        `port -a -t http_port_t -p tcp ${listener}`,
        '-P httpd_can_network_connect 1',
      ]);
      expect((await install()).text).to.match(/Nothing to do\./);
    } finally {
      policy.remove();
    }
  });

  it('repairs what was changed: a password, an excess right, a file of the add-on', async () => {
    const file = path.join(machine.root, 'etc/znuny-oauth2/sidecar.conf');
    writeFileSync(
      file,
      `${readFileSync(file, 'utf8').replace(/(DATABASE_PASSWORD)=.*/, '$1=another-one')}LOG_LEVEL=debug\n`,
    );
    await sql(lab, `GRANT SELECT ON ticket TO ${account(user())}`, helpdesk.database);
    rmSync(path.join(helpdesk.home, 'var/httpd/htdocs/js/OAuth2Sidecar.js'));
    const answer = await install();
    expect(answer.code, answer.text).to.equal(0);
    expect(doneIn(answer)).to.have.length(3);
    expect(answer.text).to.match(
      /with the password of the configuration file[\s\S]*1 statements[\s\S]*reinstall the add-on/,
    );
    expect(readFileSync(file, 'utf8')).to.include('LOG_LEVEL=debug').and.include('another-one');
    expect((await install()).text).to.match(/Nothing to do\./);
  });

  const files = () => ({
    config: machine.read('etc/znuny-oauth2/sidecar.conf'),
    socket: machine.read('etc/systemd/system/znuny-oauth2.socket.d/helpdesk.conf'),
    rules: machine.read('etc/apache2/conf-available/oauth2-sidecar.conf'),
  });

  it('--channel switches between the Unix socket and a port with the secret; the choice is kept', async () => {
    const before = files();
    const secret = /SIDECAR_SECRET=(.*)/.exec(before.config)?.[1] ?? '';
    expect((await install('--channel', 'tcp')).code).to.equal(0);
    const tcp = files();
    expect(tcp.config).to.match(/^SIDECAR_SOCKET=$/m);
    expect(tcp.socket).to.equal(`[Socket]\nListenStream=\nListenStream=127.0.0.1:${port}\n`);
    expect(tcp.rules)
      .to.include(`http://127.0.0.1:${port}/`)
      .and.include(`RequestHeader set X-OAuth2-Sidecar-Secret "${secret}" env=OAUTH2_SIDECAR`);
    expect((await install()).text).to.match(/Nothing to do\./);
    expect((await install('--channel', 'socket')).code).to.equal(0);
    expect(files()).to.deep.equal(before);
  });

  it('--relay gives each protocol a socket unit that follows the setting; "off" removes them', async () => {
    const installed = await install();
    expect(installed.code, installed.text).to.equal(0);
    const before = files();
    const unit = (scheme: string) => machine.read(`etc/systemd/system/znuny-oauth2-relay-${scheme}.socket`);
    const units = () => machineFiles();
    const names = () =>
      Object.keys(units())
        .filter((file) => /^etc\/systemd\/system\/.*-relay-/.test(file))
        .sort();
    const none = await install('--relay', 'imap://192.0.2.7:1143');
    expect(none.text).to.match(/needs TLS[\s\S]*config-invalid/);
    expect(files()).to.deep.equal(before);
    machine.told();
    const first = await install('--relay', 'imap://127.0.0.1:1143, imap://[::1]:1143,smtp:///run/relay/smtp');
    expect(first.code, first.text).to.equal(0);
    expect(files().config).to.match(
      /^SIDECAR_RELAY=imap:\/\/127\.0\.0\.1:1143 imap:\/\/\[::1\]:1143 smtp:\/\/\/run\/relay\/smtp$/m,
    );
    const both = 'znuny-oauth2-relay-imap.socket znuny-oauth2-relay-smtp.socket';
    expect(machine.told()).to.deep.equal([
      'daemon-reload',
      ...both.split(' ').map((name) => `enable ${name}`),
      ...['stop', 'start'].map((verb) => `${verb} znuny-oauth2.socket ${both} znuny-oauth2.service`),
    ]);
    expect(unit('imap')).to.include(
      'ListenStream=127.0.0.1:1143\nListenStream=[::1]:1143\nFileDescriptorName=imap\nService=znuny-oauth2.service\n',
    );
    expect(unit('smtp')).to.include('ListenStream=/run/relay/smtp\nFileDescriptorName=smtp\n');
    expect((await install()).text).to.match(/Nothing to do\./);

    expect((await install('--relay', 'pop3://127.0.0.1:1110')).code).to.equal(0);
    expect(names()).to.deep.equal([
      'etc/systemd/system/sockets.target.wants/znuny-oauth2-relay-pop3.socket',
      'etc/systemd/system/znuny-oauth2-relay-pop3.socket',
    ]);
    expect(machine.told().slice(0, 3)).to.deep.equal([
      'disable --now znuny-oauth2-relay-imap.socket',
      'disable --now znuny-oauth2-relay-smtp.socket',
      'daemon-reload',
    ]);
    expect((await install('--relay', 'off')).code).to.equal(0);
    expect(names()).to.deep.equal([]);
    expect(files().config).to.equal(`${before.config}SIDECAR_RELAY=\n`);
    machine.told();
  });

  it('an installation of version 0.1 gets a socket and a secret when "install" runs again', async () => {
    const after = files();
    writeFileSync(
      path.join(machine.root, 'etc/znuny-oauth2/sidecar.conf'),
      after.config.replace(/^SIDECAR_(SOCKET|SECRET)=.*\n/gm, ''),
    );
    rmSync(path.join(machine.root, 'etc/systemd/system/znuny-oauth2.socket.d'), { recursive: true });
    rmSync(path.join(machine.root, 'etc/systemd/system/sockets.target.wants'), { recursive: true });
    machine.told();
    const answer = await install();
    expect(answer.code, answer.text).to.equal(0);
    expect(machine.told()).to.include.members([
      'reload apache2',
      'enable znuny-oauth2.socket',
      'stop znuny-oauth2.socket znuny-oauth2.service',
      'start znuny-oauth2.socket znuny-oauth2.service',
    ]);
    const { config, socket, rules } = files();
    const secretOf = (text: string) => /SIDECAR_SECRET=(.*)/.exec(text)?.[1] ?? '';
    expect(secretOf(config)).to.have.length(43).and.not.equal(secretOf(after.config));
    expect(config).to.include('SIDECAR_SOCKET=/run/znuny-oauth2/sidecar.sock');
    expect(socket).to.equal(after.socket);
    expect(rules).to.equal(after.rules.replaceAll(secretOf(after.config), secretOf(config)));
  });

  it('--web-server-user is given once and then kept; an unknown user is refused', async () => {
    expect((await install('--web-server-user', 'nobody-here')).text).to.match(
      /There is no user nobody-here\. Nothing was changed/,
    );
    expect((await install('--web-server-user', 'backup')).code).to.equal(0);
    expect(files().socket).to.match(/\nSocketUser=backup\n$/);
    expect((await install()).text).to.match(/Nothing to do\./);
    expect((await install('--web-server-user', 'www-data')).code).to.equal(0);
  });

  it('a second helpdesk on the machine needs a name, a port and host names of its own', async () => {
    const elsewhere = (...more: string[]) =>
      cli(['install', '--home', second.home, '--database-socket', superuser(lab).socket, ...more]);
    const second = await bareHelpdesk('second');
    try {
      expect((await elsewhere('--port', port)).text).to.match(
        /sidecar\.conf is for another helpdesk .*--name second/s,
      );
      expect((await elsewhere('--name', 'second', '--port', port)).text).to.match(
        /is used by .*sidecar\.conf/s,
      );
      const free = String(await freePort());
      const before = machineFiles();
      expect((await elsewhere('--name', 'second', '--port', free)).text).to.match(
        /same ScriptAlias at this web server \(\S+oauth2-sidecar\.conf\)\. Nothing was changed\..* --host \S+/s,
      );
      expect(machineFiles()).to.deep.equal(before);
      const bound = ['--name', 'second', '--port', free, '--host', 'second.example.com,desk.example.com'];
      const answer = await elsewhere(...bound);
      expect(answer.code, answer.text).to.equal(0);
      // Named once, they are kept.
      expect((await elsewhere('--name', 'second')).text).to.match(/Nothing to do\./);
      expect(machine.read('etc/apache2/conf-enabled/oauth2-sidecar-second.conf')).to.include(
        'RewriteCond %{HTTP_HOST} ^(second\\.example\\.com|desk\\.example\\.com)(:[0-9]+)?$ [NC]',
      );
      expect(machine.told()).to.include('start znuny-oauth2@second.socket znuny-oauth2@second.service');
      const gone = await cli([
        'uninstall',
        '--home',
        second.home,
        '--database-socket',
        superuser(lab).socket,
      ]);
      expect(gone.code, gone.text).to.equal(0);
      // The first installation is complete.
      expect((await install()).text).to.match(/Nothing to do\./);
    } finally {
      await second.remove();
    }
  });

  describe('where nginx is the only web server', () => {
    let nginx: BareMachine;
    const SITE = `server {
  listen 127.0.0.1:1; server_name desk.example.com;
  location /otrs/ { proxy_pass http://127.0.0.1:2; proxy_set_header X-Forwarded-For $remote_addr; }
}
`;
    const at = (...words: string[]) => cli([...words, '--port', port], { on: nginx });
    before(async () => {
      await uninstall();
      nginx = await bareMachine('nginx');
      rmSync(path.join(nginx.root, 'etc/apache2'), { recursive: true });
      await layOutNginx(nginx.root, SITE);
    });
    after(() => nginx?.remove());
    const ours = () => fileFacts(nginx.root, /^(bin|run|state)(\/|$)|^etc\/(subuid|subgid|.*-$)/);

    it('refuses a configuration in which the helpdesk is not found, and changes nothing', async () => {
      const file = path.join(nginx.root, 'etc/nginx/sites-available/znuny');
      writeFileSync(file, SITE.replace('/otrs/', '/elsewhere/'));
      const before = ours();
      const answer = await at('install', ...here());
      expect([answer.code, answer.text]).to.satisfy(
        ([code, text]: [number, string]) =>
          code === 1 && /no server block with a location \/otrs\//.test(text),
      );
      expect(ours()).to.deep.equal(before);
      expect((await at('install', ...here(), '--web-server', 'apache')).text).to.include(
        'There is no Apache here',
      );
      writeFileSync(file, SITE);
    });

    it('refuses to change a file that users other than root can change, and changes nothing', async () => {
      const file = path.join(nginx.root, 'etc/nginx/sites-available/znuny');
      chmodSync(file, 0o646);
      const before = ours();
      const answer = await at('install', ...here());
      expect([answer.code, answer.text]).to.satisfy(
        ([code, text]: [number, string]) =>
          code === 1 &&
          text.includes(`Users other than root can change ${file}`) &&
          /ownership-unsafe/.test(text),
      );
      expect(ours()).to.deep.equal(before);
      chmodSync(file, 0o644);
    });

    it('refuses what only the last step would need, before the first one, and changes nothing', async () => {
      const main = path.join(nginx.root, 'etc/nginx/nginx.conf');
      const text = readFileSync(main, 'utf8');
      writeFileSync(main, text.replace('include conf.d/*.conf;', ''));
      const before = ours();
      const answer = await at('install', ...here());
      expect([answer.code, answer.text]).to.satisfy(
        ([code, said]: [number, string]) => code === 1 && /does not include \S+conf\.d/.test(said),
      );
      expect(doneIn(answer)).to.deep.equal([]);
      expect(ours()).to.deep.equal(before);
      expect(await accounts()).to.equal('');
      writeFileSync(main, text);
    });

    it("finds and removes its line in a file outside of nginx's folder", async () => {
      const link = path.join(nginx.root, 'etc/nginx/sites-enabled/znuny');
      const file = path.join(nginx.root, 'srv/n/znuny');
      mkdirSync(path.dirname(file), { recursive: true });
      renameSync(path.join(nginx.root, 'etc/nginx/sites-available/znuny'), file);
      rmSync(link);
      symlinkSync('../../../srv/n/znuny', link);
      const answer = await at('install', ...here());
      expect(answer.code, answer.text).to.equal(0);
      expect(readFileSync(file, 'utf8')).to.include('\n    include oauth2-sidecar.rules;\n}');
      expect((await cli(['uninstall', ...here()], { on: nginx })).code).to.equal(0);
      expect(readFileSync(file, 'utf8')).to.equal(SITE);
      renameSync(file, path.join(nginx.root, 'etc/nginx/sites-available/znuny'));
      rmSync(path.join(nginx.root, 'srv'), { recursive: true });
      rmSync(link);
      symlinkSync('../sites-available/znuny', link);
    });

    it('installs rules and listener, does nothing the second time, and leaves nothing behind', async () => {
      const before = ours();
      const first = await at('install', ...here());
      expect(first.code, first.text).to.equal(0);
      expect(nginx.told()).to.include.members([
        'reload nginx',
        'start znuny-oauth2.socket znuny-oauth2.service',
      ]);
      expect(nginx.read('etc/nginx/sites-available/znuny')).to.equal(
        SITE.replace('\n}', '\n    include oauth2-sidecar.rules;\n}'),
      );
      expect(nginx.read('etc/nginx/oauth2-sidecar.rules')).to.include(
        'proxy_pass http://unix:/run/znuny-oauth2/sidecar.sock;',
      );
      expect(nginx.read('etc/nginx/conf.d/oauth2-sidecar.conf')).to.include(
        `listen 127.0.0.1:${Number(port) + 1} ssl;`,
      );
      const facts = ours();
      for (const name of ['oauth2-sidecar.rules', 'conf.d/oauth2-sidecar.conf', 'oauth2-sidecar.pem'])
        expect(facts[`etc/nginx/${name}`], name).to.match(/^600 0:0 /);
      expect(nginx.read('etc/znuny-oauth2/sidecar.conf')).to.match(
        /^SIDECAR_LISTENER_CERTIFICATE=SHA256:[\w-]{43}$/m,
      );
      expect(nginx.read('etc/systemd/system/znuny-oauth2.socket.d/helpdesk.conf')).to.match(
        /\nSocketUser=www-data\n$/,
      );
      expect((await at('install', ...here())).text).to.match(/Nothing to do\./);
      const gone = await cli(['uninstall', ...here()], { on: nginx });
      expect(gone.code, gone.text).to.equal(0);
      expect(ours()).to.deep.equal(before);
    });
  });
});
