import { copyFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { WANTED_MODULES } from '../lab/apache.js';
import { exec } from '../lab/exec.js';
import { until } from '../lab/ports.js';
import { type BootedMachine, bootMachine, describeMachine } from '../support/booted-machine.js';
import { type BuiltPackages, builtPackages } from '../support/built-packages.js';
import {
  get,
  HOME,
  console as helpdeskConsole,
  putHelpdesk,
  ready,
  tracesOf,
  visit,
} from '../support/machine-helpdesk.js';

const RULES = '/etc/httpd/conf.d/zzz-oauth2-sidecar.conf';
const UNIT = 'znuny-oauth2.service';

const HTTPD_CONF = `ServerRoot "/etc/httpd"
Listen 80
Include conf.modules.d/*.conf
User apache
Group apache
ServerName localhost
PidFile /run/httpd.pid
<Directory />
  AllowOverride none
  Require all denied
</Directory>
DocumentRoot "/var/www/html"
ErrorLog "logs/error_log"
TypesConfig /etc/mime.types
IncludeOptional conf.d/*.conf
`;

const HTTPD_SERVICE = `[Unit]
Description=The Apache HTTP Server
[Service]
ExecStart=/usr/sbin/httpd -DFOREGROUND
ExecReload=/usr/sbin/httpd -k graceful
KillSignal=SIGWINCH
PrivateTmp=true
[Install]
WantedBy=multi-user.target
`;

/**
 * Apache as Red Hat lays it out: files, commands, users and service. The program is Debian's, because there is no other
 * here.
 */
describeMachine('a machine with Apache as on Red Hat, the archive of npm, and the RPM', function () {
  this.timeout(300_000);
  let built: BuiltPackages;
  let machine: BootedMachine;
  before(async () => {
    built = await builtPackages();
    machine = await bootMachine();
    await machine.sh(
      `mv /etc/apache2 /root/of-debian
         rm -f /usr/sbin/apache2ctl /usr/sbin/apachectl /usr/sbin/a2*
         useradd --system --no-create-home apache
         useradd --system --no-create-home --no-user-group --gid apache znuny
         mkdir -p /etc/httpd/conf /etc/httpd/conf.d /etc/httpd/conf.modules.d /var/log/httpd /var/www/html
         ln -s /usr/lib/apache2/modules /etc/httpd/modules
         ln -s /var/log/httpd /etc/httpd/logs`,
    );
    machine.write('/etc/httpd/conf/httpd.conf', HTTPD_CONF);
    machine.write(
      '/etc/httpd/conf.modules.d/00-base.conf',
      // Red Hat loads most of them by default (00-base.conf, 00-proxy.conf).
      WANTED_MODULES.map((name) => `LoadModule ${name}_module modules/mod_${name}.so\n`).join(''),
    );
    machine.write(
      '/usr/sbin/httpd',
      '#!/bin/sh\nexec /usr/sbin/apache2 -d /etc/httpd -f conf/httpd.conf "$@"\n',
      0o755,
    );
    machine.write(
      '/usr/sbin/apachectl',
      '#!/bin/sh\ncase "$1" in configtest) exec httpd -t;; graceful) exec systemctl reload httpd;; esac\nexit 1\n',
      0o755,
    );
    machine.write('/usr/lib/systemd/system/httpd.service', HTTPD_SERVICE);
    await putHelpdesk(machine, 'znuny', 'apache');
    await machine.sh(
      `sed 's|/usr/share/otrs|${HOME}|g' ${HOME}/scripts/apache2-httpd.include.conf > /etc/httpd/conf.d/zzz_znuny.conf
         systemctl daemon-reload
         systemctl enable --now httpd 2> /dev/null`,
    );
  });
  after(() => machine?.remove());

  /** Red Hat's service itself reports when it listens. */
  const restartApache = async () => {
    await machine.sh('systemctl daemon-reload; systemctl restart httpd');
    await until('Apache', async () => (await get(machine, 'http://localhost/')) !== '');
  };
  it('npm installs the archive, without any registry', async () => {
    // npm as the archive of nodejs.org brings it.
    const npm = path.join(realpathSync((await exec('which', ['npm'])).trim()), '../..');
    await machine.sh('mkdir -p /usr/local/lib/node_modules');
    await exec('cp', ['-a', npm, machine.at('/usr/local/lib/node_modules/npm')]);
    await machine.sh('ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm');
    const name = path.basename(built.archive);
    copyFileSync(built.archive, machine.at(`/root/${name}`));
    await machine.sh(`npm install -g --offline --no-audit --no-fund ./${name}; rm ${name}`);
    expect(await machine.sh('command -v znuny-oauth2; znuny-oauth2 --version')).to.equal(
      `/usr/local/bin/znuny-oauth2\n${built.version}`,
    );
    // As by Red Hat's sudo, whose path is short.
    const short = 'PATH=/sbin:/bin:/usr/sbin:/usr/bin';
    expect((await machine.run('env', [short, 'znuny-oauth2', '--version'])).code).to.equal(127);
    expect(
      (await machine.run('env', [`${short}:/usr/local/bin`, 'znuny-oauth2', '--version'])).text,
    ).to.equal(`${built.version}\n`);
    await machine.sh('npm uninstall -g znuny-oauth2-sidecar');
    expect(await tracesOf(machine)).to.deep.equal([]);
  });

  /** Debian's rpm knows nothing of Debian's own packages. */
  const rpm = async (words: string, version?: string): Promise<string> => {
    if (version === undefined) return machine.sh(`rpm ${words} 2>&1`);
    const file = await built.rpm(version);
    copyFileSync(file, machine.at(`/root/${path.basename(file)}`));
    return machine.sh(`rpm ${words} --nodeps /root/${path.basename(file)} 2>&1; rm /root/*.rpm`);
  };
  const bundleFolder = '/usr/lib/znuny-oauth2/dist/plugin/cli/bundle';

  it('rpm installs the package, with a user and a program that is compiled', async () => {
    expect(await rpm('--install', built.version)).to.include('now run "znuny-oauth2 install" to put');
    expect(await machine.sh('command -v znuny-oauth2; znuny-oauth2 --version')).to.equal(
      `/usr/bin/znuny-oauth2\n${built.version}`,
    );
    expect(
      await machine.sh(
        `getent passwd znuny-oauth2 | cut -d: -f6,7
         stat -c '%a %U %G %n' /etc/znuny-oauth2 /var/lib/znuny-oauth2
         ls ${bundleFolder}/*.code | wc -l`,
      ),
    ).to.equal(
      `/var/lib/znuny-oauth2:/usr/sbin/nologin
750 root znuny-oauth2 /etc/znuny-oauth2
700 znuny-oauth2 znuny-oauth2 /var/lib/znuny-oauth2
2`,
    );
  });

  it('"install --dry-run" names the files and commands of this layout, and changes nothing', async () => {
    const before = await tracesOf(machine);
    const shown = await machine.sh('znuny-oauth2 install --dry-run');
    for (const line of [
      `write ${RULES}`,
      'run apachectl configtest',
      'run systemctl reload httpd',
      `write /etc/systemd/system/${UNIT}.d/helpdesk.conf`,
    ])
      expect(shown).to.include(`would ${line}`);
    expect(shown).to.not.match(/a2en|apache2/);
    expect(await tracesOf(machine)).to.deep.equal(before);
  });

  it('"install" puts everything in place, and does nothing the second time', async () => {
    await machine.sh('znuny-oauth2 install');
    await ready(machine);
    expect(await machine.sh(`systemctl is-enabled ${UNIT}; stat -c '%a %U' ${RULES}`)).to.equal(
      'enabled\n600 root',
    );
    const pid = await machine.sh(`systemctl show ${UNIT} --value -p MainPID`);
    expect(await machine.sh(`stat -c '%U %G' /proc/${pid}`)).to.equal('znuny-oauth2 apache');
    expect(await machine.sh(`systemctl cat ${UNIT} | grep ^ExecStart`)).to.equal(
      'ExecStart=/usr/bin/znuny-oauth2 serve',
    );
    expect(await machine.sh('znuny-oauth2 install')).to.match(/Nothing to do\.$/);
  });

  it('the screens appear in the helpdesk, its cache is cleared, and the doctor says where the rules belong', async () => {
    expect(await visit(machine)).to.deep.equal({ status: 200, isOurs: true, isInFrame: true });
    const checks = 'callback,address,caches,rights,sidecar';
    expect((await machine.run('znuny-oauth2', ['doctor', '--only', checks])).code).to.equal(0);
    await machine.sh(`mv ${RULES} /root/rules; systemctl reload httpd`);
    await until('the doctor to miss them', async () => {
      const { text } = await machine.run('znuny-oauth2', ['doctor', '--only', 'callback']);
      return text.includes(`znuny-oauth2 install --home ${HOME}`);
    });
    await machine.sh(`mv /root/rules ${RULES}; systemctl reload httpd`);
  });

  it('an Apache that may not connect, as under SELinux, says what is missing, in the page and in its log', async () => {
    machine.write(
      '/etc/systemd/system/httpd.service.d/forbidden.conf',
      '[Service]\nSystemCallFilter=~connect:EACCES\n',
    );
    await restartApache();
    const text = await get(machine, 'http://localhost/otrs/get-oauth2-token-by-authorization-code.pl');
    expect(text).to.include('data-oauth2-sidecar="away"').and.include('systemctl start znuny-oauth2');
    expect(await machine.sh('grep AH02454 /etc/httpd/logs/error_log | tail -1')).to.match(
      /\(13\)Permission denied: .*AH02454: \w+: attempt to connect to Unix domain socket \/run\/znuny-oauth2\/sidecar\.sock/,
    );
    const doctor = await machine.run('znuny-oauth2', ['doctor', '--only', 'callback']);
    expect(doctor.text).to.include('responds with 503');
    await machine.sh('rm -r /etc/systemd/system/httpd.service.d');
    await restartApache();
  });

  it('an upgrade by rpm keeps the installation, and the service continues with the new version', async () => {
    const pid = () => machine.sh(`systemctl show ${UNIT} --value -p MainPID`);
    const before = { pid: await pid(), config: await machine.sh('cat /etc/znuny-oauth2/sidecar.conf') };
    machine.write(`${bundleFolder}/of-an-older-version.cjs.x64.code`, 'left over');
    expect(await rpm('--upgrade', '900.0.0')).to.include('"znuny-oauth2 install" once more');
    await ready(machine);
    expect(await pid()).to.not.equal(before.pid);
    expect(await rpm('--query --queryformat %{VERSION} znuny-oauth2')).to.equal('900.0.0');
    expect(await machine.sh('cat /etc/znuny-oauth2/sidecar.conf')).to.equal(before.config);
    expect(await machine.sh(`ls ${bundleFolder}/*.code | wc -l`)).to.equal('2');
  });

  it('"uninstall" and rpm leave nothing but the user, and the built-in screens are back', async () => {
    await machine.sh('znuny-oauth2 uninstall');
    expect(await helpdeskConsole(machine, 'Admin::Package::List')).to.not.include('OAuth2Sidecar');
    expect(await machine.sh('znuny-oauth2 uninstall')).to.match(/Nothing to do\.$/);
    await rpm('--erase znuny-oauth2');
    const left = await tracesOf(machine);
    expect(left.filter((line) => !/^\/etc\/(passwd|group):znuny-oauth2:/.test(line))).to.deep.equal([]);
    await machine.sh('httpd -t');
    await restartApache();
    expect(await visit(machine)).to.deep.equal({ status: 200, isOurs: false, isInFrame: true });
  });
});
