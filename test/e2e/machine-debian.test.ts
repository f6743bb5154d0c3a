import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../lab/instance.js';
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
  'a Debian machine with systemd, Apache and a database server of its own, from "apt-get install" to "purge"',
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
    /** 0 while the service does not run. */
    const mainPid = async () => Number(await show('MainPID'));
    const runningPid = async () => {
      const pid = await mainPid();
      if (pid === 0) throw new Error(`${UNIT} does not run`);
      return pid;
    };
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

    it('"install --dry-run" changes nothing, "install" does it all, and running it again does nothing', async () => {
      const before = await tracesOf(machine);
      expect(await machine.sh('znuny-oauth2 install --dry-run')).to.include('would run systemctl start');
      expect(await tracesOf(machine)).to.deep.equal(before);
      const done = await machine.sh('znuny-oauth2 install');
      expect(done)
        .to.include('done: install the add-on')
        .and.include(`done: run systemctl start znuny-oauth2.socket ${UNIT}`);
      await ready(machine);
      expect(await machine.sh('znuny-oauth2 install')).to.match(/Nothing to do\.$/);
    });

    it('a user who cannot read the helpdesk gets a message, and nothing is begun', async () => {
      const { code, text } = await machine.run('setpriv', [
        ...['--reuid=nobody', '--regid=nogroup', '--clear-groups'],
        ...['znuny-oauth2', 'install', '--home', HOME],
      ]);
      expect(text).to.match(/No permission to read \/opt\/znuny\/\S+\. [\s\S]*config-unreadable/);
      expect(code).to.equal(1);
    });

    it('the service runs as its own user, restricted by the real systemd', async () => {
      expect(await machine.sh(`systemctl is-enabled ${UNIT}; systemctl is-active ${UNIT}`)).to.equal(
        'enabled\nactive',
      );
      const status = await machine.sh(`cat /proc/${await runningPid()}/status`);
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
      const [, figure = '10'] = /: (\d+\.\d) OK/.exec(exposure) ?? [];
      console.log(`      systemd-analyze security: ${figure}`);
      expect(Number(figure)).to.be.at.most(1.3);
      expect(await show('MemoryMax', 'TasksMax')).to.equal('805306368\n128');
    });

    const SOCKET = '/run/znuny-oauth2/sidecar.sock';
    /** Sends a request over the Unix socket as a user of the machine. @returns status, or curl's message */
    const overSocket = async (user: string, ...words: string[]): Promise<string> =>
      (
        await machine.run('setpriv', [
          ...[`--reuid=${user}`, `--regid=${user === 'nobody' ? 'nogroup' : user}`, '--clear-groups', 'curl'],
          ...['-sS', '-o', '/dev/null', '-w', '%{http_code}', '--unix-socket', SOCKET, ...words],
        ])
      ).text;

    it('the socket is open to the web server and to the sidecar itself, and to no other user', async () => {
      expect(await machine.sh(`stat -c '%a %U %G' ${SOCKET}; stat -c '%a %U' /run/znuny-oauth2`)).to.equal(
        '660 www-data znuny-oauth2\n755 root',
      );
      const url = 'http://sidecar/otrs/index.pl?Action=AdminOAuth2TokenManagement';
      const client = ['-H', 'X-OAuth2-Sidecar-Client: 203.0.113.9'];
      expect(await overSocket('www-data', ...client, url)).to.equal('303');
      expect(await overSocket('www-data', url)).to.equal('400');
      expect(await overSocket('znuny-oauth2', 'http://sidecar/readyz')).to.equal('200');
      for (const user of ['nobody', 'mysql', 'backup'])
        expect(await overSocket(user, ...client, url), user).to.match(/^curl: \(7\)/);
      // The port serves health and metrics only, whatever the request claims.
      expect(
        await machine.sh(
          `curl -s -o /dev/null -w '%{http_code}' ${client.map((word) => `'${word}'`).join(' ')} '${url.replace('sidecar', 'localhost:18270')}'`,
        ),
      ).to.equal('403');
    });

    it('nobody can take the socket while the service is down, and a restart drops no request', async () => {
      await machine.sh(`systemctl kill -s KILL ${UNIT}`);
      const taken = await machine.run('setpriv', [
        ...['--reuid=nobody', '--regid=nogroup', '--clear-groups', 'node', '-e'],
        `require('node:net').createServer().on('error', ({ code }) => console.log(code)).listen('${SOCKET}')`,
      ]);
      // systemd holds the socket, or makes it anew at this moment in a folder that only root may write.
      expect(taken.text.trim()).to.be.oneOf(['EADDRINUSE', 'EACCES']);
      const folder = await machine.run('setpriv', [
        ...['--reuid=www-data', '--regid=www-data', '--clear-groups'],
        ...['sh', '-c', 'mv /run/znuny-oauth2 /run/other; touch /run/znuny-oauth2/x'],
      ]);
      expect(folder.text).to.match(/cannot move[\s\S]*Permission denied[\s\S]*Permission denied/);
      await ready(machine);
      const restarting = machine.sh(`systemctl restart ${UNIT}`);
      const statuses = [];
      for (let n = 0; n < 20; n++)
        statuses.push(await overSocket('www-data', '-m', '60', 'http://sidecar/healthz'));
      await restarting;
      expect(new Set(statuses)).to.deep.equal(new Set(['200']));
      await ready(machine);
    });

    it('with a port and a secret the screens work, and nobody can take the port while the service is down', async () => {
      await machine.sh('znuny-oauth2 install --channel tcp');
      await ready(machine);
      expect(await visit(machine)).to.deep.equal({ status: 200, isOurs: true, isInFrame: true });
      const ask = (...words: string[]) =>
        machine.sh(
          `curl -s -m 60 -o /dev/null -w '%{http_code}' -H 'X-OAuth2-Sidecar-Client: 203.0.113.9' ${words.join(' ')} 'http://127.0.0.1:18270/otrs/index.pl?Action=AdminOAuth2TokenManagement'`,
        );
      expect(await ask()).to.equal('403');
      expect(await ask('-H "X-OAuth2-Sidecar-Secret: forged"')).to.equal('403');
      const right =
        '-H "X-OAuth2-Sidecar-Secret: $(sed -n s/^SIDECAR_SECRET=//p /etc/znuny-oauth2/sidecar.conf)"';
      expect(await ask(right)).to.equal('303');
      for (const way of [`systemctl kill -s KILL ${UNIT}`, `systemctl stop ${UNIT} 2> /dev/null`]) {
        await machine.sh(way);
        const taken = await machine.run('setpriv', [
          ...['--reuid=nobody', '--regid=nogroup', '--clear-groups', 'node', '-e'],
          "const s = require('node:net').createServer().on('error', ({ code }) => console.log(code)).listen(18270, '127.0.0.1', () => s.close(() => console.log('taken')))",
        ]);
        expect(taken.text.trim(), way).to.equal('EADDRINUSE');
        await until('its return', async () => (await ask(right)) === '303');
      }
      await machine.sh('znuny-oauth2 install --channel socket');
      await ready(machine);
      expect(await visit(machine)).to.deep.equal({ status: 200, isOurs: true, isInFrame: true });
      expect(await ask(right)).to.equal('403');
    });

    it("systemd holds the relay's places: a restart refuses no client, and nobody can take the port", async () => {
      await machine.sh(
        'znuny-oauth2 install --relay imap://127.0.0.1:1143,smtp:///run/znuny-oauth2/relay-smtp',
      );
      await ready(machine);
      /** The first line that the relay sends to a client of one protocol. */
      const greeting = async (...words: string[]) =>
        (await machine.run('timeout', ['60', 'node', '-e', HELLO, ...words])).text.trim();
      const HELLO = `const [host, port] = process.argv.slice(1);
        const s = require('node:net').connect(port ? { host, port } : { path: host });
        s.once('data', (line) => { console.log(String(line)); s.destroy(); }).once('error', ({ code }) => console.log(code));`;
      expect(await greeting('127.0.0.1', '1143')).to.match(/^\* OK \[CAPABILITY IMAP4rev1 .* relay ready$/);
      expect(await greeting('/run/znuny-oauth2/relay-smtp')).to.match(/^220 .* ESMTP relay$/);
      expect(await machine.sh("stat -c '%a %U %G' /run/znuny-oauth2/relay-smtp")).to.equal(
        '660 root znuny-oauth2',
      );
      const restarting = machine.sh(`systemctl restart ${UNIT}`);
      const answers = new Set<string>();
      for (let n = 0; n < 10; n++) answers.add((await greeting('127.0.0.1', '1143')).slice(0, 4));
      await restarting;
      expect([...answers]).to.deep.equal(['* OK']);
      await machine.sh(`systemctl kill -s KILL ${UNIT}`);
      const taken = await machine.run('setpriv', [
        ...['--reuid=nobody', '--regid=nogroup', '--clear-groups', 'node', '-e'],
        "require('node:net').createServer().on('error', ({ code }) => console.log(code)).listen(1143, '127.0.0.1')",
      ]);
      expect(taken.text.trim()).to.equal('EADDRINUSE');
      expect(await greeting('127.0.0.1', '1143')).to.match(/^\* OK/);
      await machine.sh('znuny-oauth2 install --relay off');
      await ready(machine);
      expect(await greeting('127.0.0.1', '1143')).to.equal('ECONNREFUSED');
    });

    it('a stopped service stays stopped whatever requests arrive, until it is started again', async () => {
      await machine.sh(`systemctl stop ${UNIT}`);
      expect((await visit(machine)).status).to.equal(503);
      expect(await machine.sh(`systemctl is-active ${UNIT} znuny-oauth2.socket || true`)).to.equal(
        'inactive\ninactive',
      );
      await machine.sh(`systemctl start ${UNIT}`);
      await ready(machine);
      expect(await visit(machine)).to.deep.equal({ status: 200, isOurs: true, isInFrame: true });
    });

    it("the service can write its state and the helpdesk's cache, and nothing else", async () => {
      const pid = await runningPid();
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

    it('the service logs to the journal, without a secret', async () => {
      const log = await machine.sh(`journalctl -u ${UNIT} -o cat --no-pager`);
      expect(log).to.match(/"msg":"[^"]*listen/i);
      const [, password = ''] =
        /SIDECAR_DATABASE_PASSWORD=(.*)/.exec(await machine.sh('cat /etc/znuny-oauth2/sidecar.conf')) ?? [];
      expect(password).to.have.length(32);
      expect(log).not.to.include(password);
    });

    it('the screens appear in the helpdesk, and the doctor finds no fault', async () => {
      expect(await visit(machine)).to.deep.equal({ status: 200, isOurs: true, isInFrame: true });
      const { text } = await machine.run('znuny-oauth2', ['doctor', '--json']);
      const { checks } = JSON.parse(text) as { checks: { id: string; result: string; reason: string[] }[] };
      const others = checks.filter(({ result }) => result !== 'ok');
      // No daemon runs here, and nothing has connected yet.
      expect(others.map(({ id, result }) => `${id}: ${result}`).sort()).to.deep.equal([
        'daemon: fault',
        // Znuny 6.0 has no use for a token yet.
        ...(usesTokens ? [] : ['version: warning']),
      ]);
    });

    it('a killed service comes back by itself; a stopped one ends cleanly', async () => {
      const killed = await runningPid();
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

    it('an Apache that dies at the reload runs again without the rules, and "install" says so', async () => {
      await machine.sh(
        `a2disconf -q oauth2-sidecar; systemctl restart apache2
         systemd-run --quiet --unit=squatter node -e 'net.createServer().listen(18271, "127.0.0.1")'
         timeout 60 bash -c 'until (: < /dev/tcp/127.0.0.1/18271) 2> /dev/null; do sleep 0.1; done'`,
      );
      const { code, text } = await machine.run('znuny-oauth2', ['install']);
      expect(text).to.match(
        /apache2 stopped during the reload, and was started again without the rules[\s\S]*install-failed/,
      );
      expect(code).to.equal(1);
      expect((await visit(machine)).isOurs).to.equal(false);
      await machine.sh('systemctl stop squatter');
      expect(await machine.sh('znuny-oauth2 install')).to.include('done: run systemctl reload apache2');
      expect(await visit(machine)).to.deep.equal({ status: 200, isOurs: true, isInFrame: true });
    });

    it('machine, database, web server and sidecar come back after a power cut', async () => {
      await machine.restart();
      await ready(machine);
      expect(await visit(machine)).to.deep.equal({ status: 200, isOurs: true, isInFrame: true });
    });

    it('an upgrade by apt-get restarts the service with the new program and keeps configuration and state', async () => {
      const before = await runningPid();
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

    it('an installation of version 0.1 still works after the update and gets a warning; "install" closes it', async () => {
      const old = readFileSync(path.join(ROOT, 'test/support/released/apache-rules-0.1.0.conf'), 'utf8');
      const rules = '/etc/apache2/conf-available/oauth2-sidecar.conf';
      await machine.sh(
        `systemctl stop ${UNIT}; systemctl disable -q znuny-oauth2.socket
         rm -r /etc/systemd/system/znuny-oauth2.socket.d
         sed -i '/^SIDECAR_SOCKET=/d; /^SIDECAR_SECRET=/d' /etc/znuny-oauth2/sidecar.conf
         sed -i '/Unit/d; /^Wants=/d' /etc/systemd/system/znuny-oauth2.service.d/helpdesk.conf
         cat > ${rules}; chmod 644 ${rules}
         systemctl daemon-reload; systemctl restart apache2; systemctl start ${UNIT}`,
        old,
      );
      await ready(machine);
      expect(await visit(machine)).to.deep.equal({ status: 200, isOurs: true, isInFrame: true });
      const doctor = await machine.run('znuny-oauth2', ['doctor', '--only', 'address', '--strict']);
      expect(doctor.text)
        .to.include('the configuration dates from version 0.1')
        .and.include('znuny-oauth2 install');
      expect(doctor.code).to.equal(4);
      expect(await machine.sh(`journalctl -u ${UNIT} -o cat --no-pager -n 20`)).to.include(
        'Any program on this machine can impersonate the web server',
      );
      expect(await machine.sh('znuny-oauth2 install')).to.include(
        'done: run systemctl start znuny-oauth2.socket',
      );
      await ready(machine);
      expect(await visit(machine)).to.deep.equal({ status: 200, isOurs: true, isInFrame: true });
      expect(await machine.sh('znuny-oauth2 doctor --only sidecar,callback,address --strict')).to.include(
        "The helpdesk sees the browser's address.",
      );
    });

    it('"uninstall" and "apt-get purge" leave nothing, and the built-in screens are back where there are any', async () => {
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
