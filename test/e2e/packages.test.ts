import { type ChildProcess, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { exec } from '../lab/exec.js';
import { freePort, until } from '../lab/ports.js';
import { builtPackages } from '../support/built-packages.js';
import { lab } from '../support/lab.js';

/** What rpmlint reports as an error, and why it is meant so. */
const MEANT = [
  // They hold secrets.
  'non-standard-dir-perm /etc/znuny-oauth2 750',
  'non-standard-dir-perm /var/lib/znuny-oauth2 700',
  // Who builds the package signs it.
  'no-signature',
  'no-packager-tag',
  // Red Hat uses no groups any more; the changes are in CHANGELOG.md.
  'no-group-tag',
  'no-changelogname-tag',
  // /usr/bin/znuny-oauth2 starts it with the Node.js that it has found.
  'env-script-interpreter /usr/lib/znuny-oauth2/dist/plugin/cli.cjs /usr/bin/env node',
];

/** What a machine gets: the npm archive, and the packages of distributions that are built from it. */
describe('the packages for a machine', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sidecar-packages-'));
  let version: string;
  let archive: string;
  let buildDeb: (number: string) => Promise<string>;
  let buildRpm: (number: string) => Promise<string>;
  before(async () => {
    ({ version, archive, deb: buildDeb, rpm: buildRpm } = await builtPackages());
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the command of a service until it is ready, then ends it as systemd does. @returns its answer to SIGTERM */
  async function serves(
    command: string,
    words: string[],
    env: Record<string, string>,
  ): Promise<number | null> {
    const port = await freePort();
    const child: ChildProcess = spawn(command, words, {
      cwd: '/',
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        SIDECAR_PORT: String(port),
        // All of it is in a folder that nobody but us may enter.
        SIDECAR_UNSAFE_STAYS_ROOT: '1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (said += chunk));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    try {
      await until(
        'the service to be ready',
        async () => {
          expect(child.exitCode, `it ended by itself: ${said}`).to.equal(null);
          return (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok === true;
        },
        60_000,
      );
    } finally {
      child.kill('SIGTERM');
    }
    return ended;
  }

  it('the archive holds the compiled program with its dependencies, and nothing from development', async () => {
    const names = (await exec('tar', ['-tzf', archive])).split('\n');
    expect(names).to.include.members([
      'package/dist/plugin/cli.cjs',
      'package/templates/pages/overview.hbs',
      'package/templates/providers/google-mail.yml',
      'package/sysconfig/definitions/OAuth2Sidecar.xml',
      'package/sysconfig/scripts/OAuth2Sidecar.js',
      'package/sysconfig/scripts/OAuth2SidecarMailAccounts.js',
      'package/docs/install.md',
      'package/docs/prometheus/oauth2-sidecar.rules.yml',
      'package/LICENSE',
      'package/node_modules/koa/package.json',
    ]);
    // Compiled for the Node.js of the machine that built the archive.
    expect(names.filter((name) => name.endsWith('.code'))).to.deep.equal([]);
    const own = names.filter((name) => !name.startsWith('package/node_modules/'));
    expect(own.filter((name) => /\.ts$|(^package\/)(test|plugin|db|\.lab|\.ci)\//.test(name))).to.deep.equal(
      [],
    );
    const modules = new Set(
      names.map((name) => /^package\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(name)?.[1]),
    );
    for (const name of ['typescript', 'mocha', 'tsx', '@biomejs/biome', 'playwright-core', 'oidc-provider'])
      expect(modules.has(name), name).to.equal(false);
  });

  it('the archive runs when npm has installed it into a clean folder, without any registry', async () => {
    const prefix = path.join(folder, 'npm');
    await exec(
      'npm',
      ['install', '-g', '--offline', '--no-audit', '--no-fund', '--prefix', prefix, archive],
      {
        cwd: folder,
        env: { npm_config_cache: path.join(folder, 'empty-cache') },
      },
    );
    const program = path.join(prefix, 'bin/znuny-oauth2');
    expect((await exec(program, ['--version'])).trim()).to.equal(version);
    expect(await exec(program, ['package'])).to.include(`<Version>${version}</Version>`);
    const env = { HELPDESK_HOME: lab.home, SIDECAR_STATE: path.join(folder, 'npm-state') };
    expect(await serves(program, ['serve'], env)).to.equal(0);
  });

  describe('the Debian package', () => {
    const root = path.join(folder, 'root');
    // Below another root, which its scripts are told: this machine stays as it is.
    const dpkg = (...words: string[]) =>
      exec('dpkg', [
        `--root=${root}`,
        ...[
          '--force-script-chrootless',
          '--force-not-root',
          '--force-depends',
          '--no-triggers',
          '--log=/dev/null',
        ],
        ...words,
      ]);
    const at = (file: string) => path.join(root, file);
    before(() => {
      for (const name of ['info', 'updates', 'triggers'])
        mkdirSync(at(`var/lib/dpkg/${name}`), { recursive: true });
      mkdirSync(at('etc'));
      for (const name of ['status', 'available']) writeFileSync(at(`var/lib/dpkg/${name}`), '');
      for (const name of ['passwd', 'group', 'shadow', 'gshadow', 'login.defs'])
        if (existsSync(`/etc/${name}`)) copyFileSync(`/etc/${name}`, at(`etc/${name}`));
    });
    /** Starts what the unit starts, with what the unit sets, below the root. */
    const startByUnit = () => {
      const unit = readFileSync(at('usr/lib/systemd/system/znuny-oauth2.service'), 'utf8');
      const [program = '', ...words] = (/^ExecStart=(.*)$/m.exec(unit)?.[1] ?? '').split(' ');
      const environment = Object.fromEntries(
        (/^Environment=(.*)$/m.exec(unit)?.[1] ?? '')
          .split(' ')
          .map((pair) => pair.split('=') as [string, string]),
      );
      return serves(at(program), words, {
        ...environment,
        SIDECAR_CONFIG: at(environment.SIDECAR_CONFIG ?? ''),
        STATE_DIRECTORY: at('var/lib/znuny-oauth2'),
      });
    };

    it('is installed with a user, a closed state folder and units that systemd accepts', async () => {
      await dpkg('--install', await buildDeb(version));
      const [, uid, gid] =
        /^znuny-oauth2:x:(\d+):(\d+):.*:\/usr\/sbin\/nologin$/m.exec(
          readFileSync(at('etc/passwd'), 'utf8'),
        ) ?? [];
      const state = statSync(at('var/lib/znuny-oauth2'));
      expect([state.mode & 0o777, String(state.uid), String(state.gid)]).to.deep.equal([0o700, uid, gid]);
      expect(statSync(at('etc/znuny-oauth2')).mode & 0o777).to.equal(0o750);
      expect((await exec(at('usr/bin/znuny-oauth2'), ['--version'])).trim()).to.equal(version);
      const page = gunzipSync(readFileSync(at('usr/share/man/man8/znuny-oauth2.8.gz'))).toString();
      expect(page)
        .to.match(/^\.TH ZNUNY/)
        .and.contain('.SS TOKEN RENEW');
      const compiled = readdirSync(at('usr/lib/znuny-oauth2/dist/plugin/cli/bundle'));
      // One for the commands, one for the service.
      expect(compiled.filter((name) => name.endsWith('.code'))).to.have.length(2);
      for (const name of ['znuny-oauth2.service', 'znuny-oauth2@.service']) {
        // Verified as if installed: with the program where it is now.
        const copy = path.join(folder, name);
        const text = readFileSync(at(`usr/lib/systemd/system/${name}`), 'utf8');
        writeFileSync(copy, text.replaceAll('/usr/bin/', `${at('usr/bin')}/`));
        expect(
          await exec('sh', ['-c', `systemd-analyze verify ${copy} 2>&1 | grep -F znuny-oauth2 || true`]),
        ).to.equal('');
        const security = await exec('systemd-analyze', [
          'security',
          '--offline=true',
          '--threshold=30',
          '--no-pager',
          copy,
        ]);
        expect(security).to.match(/Overall exposure level .*: [0-2]\.\d OK/);
      }
    });

    it("is started by its unit's command line", async () => {
      writeFileSync(at('etc/znuny-oauth2/sidecar.conf'), `HELPDESK_HOME=${lab.home}\n`);
      expect(await startByUnit()).to.equal(0);
    });

    it('is upgraded: the configuration stays, the program is the new one', async () => {
      await dpkg('--install', await buildDeb('900.0.0'));
      expect(
        await exec('dpkg-query', [
          `--admindir=${at('var/lib/dpkg')}`,
          '-W',
          '-f',
          '${Version} ${db:Status-Status}',
          'znuny-oauth2',
        ]),
      ).to.equal('900.0.0 installed');
      expect(readFileSync(at('etc/znuny-oauth2/sidecar.conf'), 'utf8')).to.include(lab.home);
      expect(await startByUnit()).to.equal(0);
    });

    it('keeps the configuration when removed, and leaves nothing when purged', async () => {
      await dpkg('--remove', 'znuny-oauth2');
      expect(existsSync(at('usr/lib/znuny-oauth2'))).to.equal(false);
      expect(existsSync(at('etc/znuny-oauth2/sidecar.conf'))).to.equal(true);
      await dpkg('--purge', 'znuny-oauth2');
      const left = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.includes('oauth2'),
      );
      expect(left).to.deep.equal([]);
      expect(readFileSync(at('etc/passwd'), 'utf8')).not.to.include('znuny-oauth2');
    });
  });

  /** Its scripts run on a booted machine: machine-red-hat.test.ts. */
  describe('the RPM', () => {
    const root = path.join(folder, 'rpm-root');
    const at = (file: string) => path.join(root, file);
    const rpm = (...words: string[]) => exec('rpm', ['--root', root, ...words]);
    let file: string;
    before(async () => {
      file = await buildRpm(version);
      mkdirSync(at('etc'), { recursive: true });
      writeFileSync(at('etc/passwd'), 'root:x:0:0::/root:/bin/sh\nznuny-oauth2:x:990:991::/:/sbin/nologin\n');
      writeFileSync(at('etc/group'), 'root:x:0:\nznuny-oauth2:x:991:\n');
    });

    it('puts the program, units and closed folders into an empty root, and nothing else', async () => {
      await rpm('--install', '--nodeps', '--noscripts', file);
      const facts = (name: string) => {
        const { mode, uid, gid } = statSync(at(name));
        return [name, (mode & 0o7777).toString(8), uid, gid];
      };
      expect(
        [
          'etc/znuny-oauth2',
          'var/lib/znuny-oauth2',
          'usr/bin/znuny-oauth2',
          'usr/lib/znuny-oauth2/package.json',
        ].map(facts),
      ).to.deep.equal([
        ['etc/znuny-oauth2', '750', 0, 991],
        ['var/lib/znuny-oauth2', '700', 990, 991],
        ['usr/bin/znuny-oauth2', '755', 0, 0],
        ['usr/lib/znuny-oauth2/package.json', '644', 0, 0],
      ]);
      expect(await rpm('--verify', '--nodeps', 'znuny-oauth2')).to.equal('');
      expect((await exec(at('usr/bin/znuny-oauth2'), ['--version'])).trim()).to.equal(version);
      for (const name of ['znuny-oauth2', 'znuny-oauth2@'])
        expect(readFileSync(at(`usr/lib/systemd/system/${name}.service`), 'utf8')).to.match(
          /^ExecStart=\/usr\/bin\/znuny-oauth2 serve$/m,
        );
      const names = (await rpm('--query', '--list', 'znuny-oauth2')).trim().split('\n');
      expect(
        names.filter((name) => !/^\/usr\/(lib|share|bin)\/|^\/(etc|var\/lib)\/znuny-oauth2$/.test(name)),
      ).to.deep.equal([]);
      // The first start compiled the program; the script of the package removes that (below).
      rmSync(at('usr/lib/znuny-oauth2/dist/plugin/cli/bundle'), { recursive: true });
      await rpm('--erase', '--noscripts', 'znuny-oauth2');
      const left = readdirSync(root, { recursive: true, encoding: 'utf8' });
      expect(left.filter((name) => name.includes('oauth2'))).to.deep.equal([]);
    });

    it('needs the programs of its scripts, and shells accept those', async () => {
      const asked = async (what: string) =>
        (await rpm('--query', '--package', what, file)).trim().split('\n');
      const requires = await asked('--requires');
      expect(requires.filter((name) => !name.startsWith('rpmlib('))).to.include.members([
        '/bin/sh',
        'shadow-utils',
        'systemd',
      ]);
      expect(await asked('--recommends')).to.deep.equal([
        'nodejs >= 1:20',
        'openssl',
        'policycoreutils-python-utils',
      ]);
      for (const name of ['PREIN', 'POSTIN', 'PREUN', 'POSTUN', 'POSTTRANS']) {
        const script = await rpm('--query', '--package', '--queryformat', `%{${name}}`, file);
        expect(script, name).to.match(/useradd|systemctl|install/);
        await exec('sh', ['-n', '-c', script]);
      }
    });

    it('has no fault that rpmlint knows, except those that are meant', async () => {
      const config = path.join(folder, 'rpmlint.toml');
      // The packages of npm below node_modules are as their authors have made them.
      writeFileSync(config, 'Filters = ["node_modules/", "files-duplicate"]\n');
      const said = await exec('sh', ['-c', 'rpmlint -c "$1" "$2" || true', 'sh', config, file]);
      const errors = [...said.matchAll(/^\S+: E: (.*?)\s*$/gm)].map(([, what]) => what);
      expect(errors, said).to.have.members(MEANT);
    });
  });
});
