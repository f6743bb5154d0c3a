import { copyFileSync } from 'node:fs';
import { expect } from 'chai';
import { until } from '../lab/ports.js';
import { type BootedMachine, bootMachine, describeMachine } from '../support/booted-machine.js';
import { type BuiltPackages, builtPackages } from '../support/built-packages.js';
import { usesTokens } from '../support/lab.js';
import {
  HOME,
  console as helpdeskConsole,
  putApache,
  putHelpdesk,
  ready,
  tracesOf,
  visit,
} from '../support/machine-helpdesk.js';

const UNIT = 'znuny-oauth2.service';
/** docs/install.md and docs/operations.md, command by command, on a Debian whose systemd really runs. */
describeMachine(
  'a Debian machine with systemd, Apache and MariaDB of its own, from "apt-get install" to "purge"',
  function () {
    this.timeout(300_000);
    let built: BuiltPackages;
    let machine: BootedMachine;
    before(async () => {
      built = await builtPackages();
      machine = await bootMachine();
      await putHelpdesk(machine, 'www-data', 'www-data');
      await putApache(machine);
    });
    after(() => machine?.remove());

    const show = (...names: string[]) =>
      machine.sh(`systemctl show ${UNIT} --value ${names.map((name) => `-p ${name}`).join(' ')}`);
    const mainPid = async () => Number(await show('MainPID'));
    const put = async (version: string): Promise<string> => {
      const name = `znuny-oauth2_${version}_all.deb`;
      copyFileSync(await built.deb(version), machine.at(`/root/${name}`));
      return name;
    };

    it('apt-get installs the package: a user, a closed state folder, and what to run next', async () => {
      const printed = await machine.sh(`apt-get install -y ./${await put(built.version)}`);
      expect(printed).to.include('now run "znuny-oauth2 install"');
      expect(await machine.sh('stat -c "%a %U %G" /var/lib/znuny-oauth2 /etc/znuny-oauth2')).to.equal(
        '700 znuny-oauth2 znuny-oauth2\n750 root znuny-oauth2',
      );
      expect(await machine.sh('znuny-oauth2 --version')).to.equal(built.version);
      expect(await machine.sh(`systemctl is-enabled ${UNIT} || true`)).to.equal('disabled');
    });

    it('"install --dry-run" changes nothing, "install" does it all, and once more does nothing', async () => {
      const before = await tracesOf(machine);
      expect(await machine.sh('znuny-oauth2 install --dry-run')).to.include('would run systemctl restart');
      expect(await tracesOf(machine)).to.deep.equal(before);
      const done = await machine.sh('znuny-oauth2 install');
      expect(done).to.include('done: install the add-on').and.include(`done: run systemctl restart ${UNIT}`);
      await ready(machine);
      expect(await machine.sh('znuny-oauth2 install')).to.match(/Nothing to do\.$/);
    });

    it('whoever may not read the helpdesk is told so, and nothing is begun', async () => {
      const { code, text } = await machine.run('setpriv', [
        ...['--reuid=nobody', '--regid=nogroup', '--clear-groups'],
        ...['znuny-oauth2', 'install', '--home', HOME],
      ]);
      expect(text).to.match(/\/opt\/znuny\S* cannot be read \(EACCES\)[\s\S]*sudo[\s\S]*config-unreadable/);
      expect(code).to.equal(1);
    });

    it('the service runs as its own user, closed in by the real systemd', async () => {
      expect(await machine.sh(`systemctl is-enabled ${UNIT}; systemctl is-active ${UNIT}`)).to.equal(
        'enabled\nactive',
      );
      const status = await machine.sh(`cat /proc/${await mainPid()}/status`);
      const uid = await machine.sh('id -u znuny-oauth2');
      expect(status).to.match(new RegExp(`^Uid:\t${uid}\t${uid}\t`, 'm'));
      for (const line of [
        'CapEff:\t0000000000000000',
        'CapBnd:\t0000000000000000',
        'NoNewPrivs:\t1',
        'Seccomp:\t2',
      ])
        expect(status).to.include(line);
      expect(await machine.sh('stat -c "%a %U" /var/lib/znuny-oauth2')).to.equal('700 znuny-oauth2');
      const exposure = await machine.sh(`systemd-analyze security ${UNIT} --no-pager | tail -1`);
      expect(exposure).to.match(/: 1\.\d OK/);
    });

    it('it can write its state and the cache of the helpdesk, and nothing else', async () => {
      const pid = await mainPid();
      const asService = (line: string) =>
        machine.run('nsenter', [
          '--mount',
          `--target=${pid}`,
          ...['setpriv', '--reuid=znuny-oauth2', '--regid=www-data', '--groups=znuny-oauth2'],
          ...['sh', '-c', line],
        ]);
      for (const file of ['/var/lib/znuny-oauth2/x', `${HOME}/var/tmp/x`])
        expect(await asService(`touch ${file} && rm ${file}`), file).to.deep.equal({ code: 0, text: '' });
      for (const file of ['/etc/x', `${HOME}/Kernel/x`, '/var/lib/x', '/usr/bin/x', '/opt/x'])
        expect((await asService(`touch ${file}`)).text, file).to.match(/Read-only file system/);
      expect((await asService('ls /dev/kmsg /dev/mem /dev/sda /dev/vda; ls /root')).text).to.match(
        /dev\/mem[\s\S]*cannot open directory '\/root'/,
      );
    });

    it('logs to the journal, without a secret', async () => {
      const log = await machine.sh(`journalctl -u ${UNIT} -o cat --no-pager`);
      expect(log).to.match(/"msg":"[^"]*listen/i);
      const [, password = ''] =
        /SIDECAR_DATABASE_PASSWORD=(.*)/.exec(await machine.sh('cat /etc/znuny-oauth2/sidecar.conf')) ?? [];
      expect(password).to.have.length(32);
      expect(log).not.to.include(password);
    });

    it('the screens stand in the helpdesk, and the doctor finds what it examines to be well', async () => {
      expect(await visit(machine)).to.deep.equal({ status: 200, isOurs: true, isInFrame: true });
      const { text } = await machine.run('znuny-oauth2', ['doctor', '--json']);
      const { checks } = JSON.parse(text) as { checks: { id: string; result: string; reason: string[] }[] };
      const others = checks.filter(({ result }) => result !== 'ok');
      // No daemon runs here, there is no certificate, and nothing has been connected yet.
      expect(others.map(({ id, result }) => `${id}: ${result}`).sort()).to.deep.equal([
        'daemon: fault',
        'http-type: fault',
        // Znuny 6.0 has no use for a token yet.
        ...(usesTokens ? [] : ['version: warning']),
      ]);
    });

    it('killed, it comes back by itself; stopped, it ends in peace', async () => {
      const killed = await mainPid();
      await machine.sh(`kill -9 ${killed}`);
      await until('another process', async () => ![0, killed].includes(await mainPid()));
      await ready(machine);
      expect(await show('NRestarts')).to.equal('1');
      await machine.sh(`systemctl restart ${UNIT}`);
      await ready(machine);
      await machine.sh(`systemctl stop ${UNIT}`);
      expect(await show('ActiveState', 'Result', 'ExecMainStatus')).to.equal('success\n0\ninactive');
      await machine.sh(`systemctl start ${UNIT}`);
      await ready(machine);
    });

    it('an Apache that ends at the reload runs again without the rules, and "install" says so', async () => {
      await machine.sh(
        `a2disconf -q oauth2-sidecar; systemctl restart apache2
         systemd-run --quiet --unit=squatter node -e 'net.createServer().listen(18271, "127.0.0.1")'
         timeout 60 bash -c 'until (: < /dev/tcp/127.0.0.1/18271) 2> /dev/null; do sleep 0.1; done'`,
      );
      const { code, text } = await machine.run('znuny-oauth2', ['install']);
      expect(text).to.match(
        /apache2 ended at the reload, and runs again without the rules[\s\S]*install-failed/,
      );
      expect(code).to.equal(1);
      expect((await visit(machine)).isOurs).to.equal(false);
      await machine.sh('systemctl stop squatter');
      expect(await machine.sh('znuny-oauth2 install')).to.include('done: run systemctl reload apache2');
      expect(await visit(machine)).to.deep.equal({ status: 200, isOurs: true, isInFrame: true });
    });

    it('after a power cut machine, database, web server and sidecar are there again', async () => {
      await machine.restart();
      await ready(machine);
      expect(await visit(machine)).to.deep.equal({ status: 200, isOurs: true, isInFrame: true });
    });

    it('an upgrade by apt-get restarts the service with the new program; configuration and state stay', async () => {
      const before = await mainPid();
      const facts = () =>
        machine.sh('sha256sum /etc/znuny-oauth2/sidecar.conf /var/lib/znuny-oauth2/journal.key');
      const kept = await facts();
      const printed = await machine.sh(`apt-get install -y ./${await put('900.0.0')}`);
      expect(printed).to.include('run "znuny-oauth2 install" once more');
      expect(await machine.sh("dpkg-query -W -f '${Version}' znuny-oauth2")).to.equal('900.0.0');
      expect(await mainPid()).to.not.be.oneOf([0, before]);
      await ready(machine);
      expect(await facts()).to.equal(kept);
      expect(await machine.sh('znuny-oauth2 install')).to.match(/Nothing to do\.$/);
    });

    it('"uninstall" and "apt-get purge" leave nothing, and the built-in screens are back where there are some', async () => {
      expect(await machine.sh('znuny-oauth2 uninstall --dry-run')).to.include('would drop the tables');
      await machine.sh('znuny-oauth2 uninstall');
      expect(await helpdeskConsole(machine, 'Admin::Package::List')).to.not.include('OAuth2Sidecar');
      expect(await machine.sh('znuny-oauth2 uninstall')).to.match(/Nothing to do\.$/);
      await machine.sh('apt-get purge -y znuny-oauth2; rm /root/*.deb');
      expect(await tracesOf(machine)).to.deep.equal([]);
      expect(
        await machine.sh(`systemctl is-active ${UNIT} || true; systemctl --failed --no-legend`),
      ).to.equal('inactive');
      expect(await visit(machine)).to.deep.equal({ status: 200, isOurs: false, isInFrame: usesTokens });
    });
  },
);
