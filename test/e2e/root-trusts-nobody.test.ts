import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { superuser } from '../lab/database-server.js';
import { ROOT } from '../lab/instance.js';
import { labUser } from '../lab/lab-user.js';
import { freePort, until } from '../lab/ports.js';
import { znunyOauth2Words } from '../lab/program.js';
import { type BareHelpdesk, bareHelpdesk, fileFacts } from '../support/bare-helpdesk.js';
import { type BareMachine, bareMachine } from '../support/bare-machine.js';
import { childProcesses } from '../support/child-processes.js';
import { staysRoot } from '../support/command-line.js';
import { lab } from '../support/lab.js';

/** Perl in the helpdesk's folder, as its user may write it: records who runs it, and tries what only root may do. */
const planted = (notes: string, rootOnly: string) => `package Kernel::Config::Files::AAAPlanted;
BEGIN {
    open my $Notes, '>>', '${notes}/ran';
    my $Terminal = open( my $Tty, '+<', '/dev/tty' ) ? 'terminal' : 'none';
    my $Parent = open( my $Environ, '<', '/proc/' . getppid() . '/environ' ) && defined <$Environ> ? 'open' : 'closed';
    my @Open = grep { m{^/} && !m{^/dev/null$|^${notes}/|AAAPlanted} } map { readlink $_ } glob '/proc/self/fd/*';
    print $Notes "uid $< $> groups $( | $) | $Terminal | parent $Parent | files @Open | ", join( ' ', sort keys %ENV ), "\\n";
    close $Notes;
    open my $Target, '>', '${rootOnly}/written-by-perl';
    print STDOUT "planted {}\\n";
    print STDERR "planted {}\\n";
}
sub Load { }
1;
`;

const ofRoot = () =>
  describe('a hostile helpdesk, when root runs a command', function () {
    this.timeout(300_000);
    const { uid, gid, name: user } = labUser();
    let helpdesk: BareHelpdesk;
    let machine: BareMachine;
    /** Only root may look into it; links of the helpdesk's user lead here. */
    let rootOnly: string;
    /** Everybody may write; the planted Perl leaves its records here. */
    let notes: string;
    let state: string;
    let port: string;

    const asUser = (script: string) =>
      execFileSync('setpriv', [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', 'sh', '-ec', script]);

    before(async () => {
      helpdesk = await bareHelpdesk('hostile');
      machine = await bareMachine('hostile');
      rootOnly = mkdtempSync(path.join(tmpdir(), 'root-only-'));
      notes = mkdtempSync(path.join(tmpdir(), 'notes-'));
      state = path.join(machine.root, 'var/lib/sidecar-state');
      execFileSync('chmod', ['1777', notes]);
      mkdirSync(state, { mode: 0o700 });
      execFileSync('chown', [`${uid}:${gid}`, state]);
      port = String(await freePort());
      const { home } = helpdesk;
      // As Debian's package leaves it: program and Config.pm are root's, what the helpdesk writes is its user's.
      execFileSync('sh', [
        '-ec',
        `chown -R root:root ${home}
       chown -R ${uid}:${gid} ${home}/var ${home}/Kernel/Config/Files
       chown root:${gid} ${home}/Kernel/Config.pm
       chmod 640 ${home}/Kernel/Config.pm`,
      ]);
      for (const file of ['target', 'OAuth2SidecarScreen.xml', 'OAuth2Sidecar.xml', 'deep/e0'])
        execFileSync('install', ['-D', '-m', '600', '/etc/hostname', path.join(rootOnly, file)]);
      writeFileSync(path.join(notes, 'planted.pm'), planted(notes, rootOnly));
      asUser(`
      cp ${notes}/planted.pm ${home}/Kernel/Config/Files/AAAPlanted.pm
      cache=${home}/var/tmp/CacheFileStorable
      mkdir -p $cache/OAuth2Token
      ln -s ${rootOnly} $cache/OAuth2TokenConfig
      ln -s ${rootOnly} $cache/OAuth2Token/e
      ln -s ${rootOnly}/target $cache/OAuth2Token/f
      mkfifo $cache/OAuth2Token/g
      mkfifo ${home}/var/sessions/Data-planted
      ln -s ${rootOnly}/target ${state}/journal.key
      for script in ${home}/var/httpd/htdocs/js/OAuth2Sidecar.js; do mkfifo $script; done
      mv ${home}/Kernel/Config/Files/XML ${home}/Kernel/Config/Files/XML.away
      ln -s ${rootOnly} ${home}/Kernel/Config/Files/XML`);
    });
    after(async () => {
      await helpdesk.remove();
      machine.remove();
      for (const folder of [rootOnly, notes]) rmSync(folder, { recursive: true, force: true });
    });

    const start = (
      words: string[],
      env: Record<string, string> = {},
    ): { child: ChildProcess; text: () => string } => {
      // A terminal of root's, into which the planted Perl could type.
      const line = ['exec', process.execPath, ...znunyOauth2Words(...words)]
        .map((word) => `'${word}'`)
        .join(' ');
      const child = spawn('script', ['-qec', line, '/dev/null'], {
        cwd: ROOT,
        env: {
          ...process.env,
          ...machine.env,
          ...staysRoot(),
          HELPDESK_HOME: helpdesk.home,
          SIDECAR_STATE: state,
          SIDECAR_PORT: port,
          PERL5OPT: '-MPlantedByTheEnvironment',
          PERL5LIB: notes,
          SECRET_OF_ROOT: 'x',
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let text = '';
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += chunk));
      return { child, text: () => text };
    };
    async function run(
      words: string[],
      env: Record<string, string> = {},
    ): Promise<{ code: number | null; text: string }> {
      const { child, text } = start(words, env);
      const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
      return { code, text: text() };
    }

    /** What root owns where others may write. */
    const rootsFiles = () =>
      execFileSync('find', [helpdesk.home, state, notes, '-uid', '0'], { encoding: 'utf8' })
        .split('\n')
        .sort();
    const notesOf = () => {
      const file = path.join(notes, 'ran');
      try {
        return readFileSync(file, 'utf8').trim().split('\n');
      } catch {
        return [];
      } finally {
        rmSync(file, { force: true });
      }
    };

    async function harmless(work: () => Promise<void>, isRun = true): Promise<void> {
      notesOf();
      const before = [fileFacts(rootOnly), rootsFiles()];
      await work();
      expect([fileFacts(rootOnly), rootsFiles()]).to.deep.equal(before);
      const ran = notesOf();
      for (const line of ran) {
        expect(line).to.match(new RegExp(`^uid ${uid} ${uid} groups ${gid} `));
        expect(line, 'a group of root').to.not.match(/groups[^|]*\b0\b|\| ?0\b| 0 /);
        expect(line, 'its terminal').to.include('| none |');
        expect(line, 'what the program that runs it holds').to.include('| parent closed | files  |');
        expect(line, 'its environment').to.not.match(/SECRET_OF_ROOT|PERL5|SIDECAR/);
      }
      if (isRun) expect(ran.length, 'the planted Perl was run').to.be.greaterThan(0);
    }

    for (const words of [
      ['migrate'],
      ['token', 'list'],
      ['config', 'list'],
      ['config', 'export'],
      [
        'config',
        'add',
        'any',
        '--template',
        'AOL',
        '--client-id',
        'any',
        '--client-secret-file',
        '/etc/hostname',
      ],
      ['config', 'set-secret', 'nobody', '--client-secret-file', '/etc/hostname'],
      ['certificate', 'create', 'nobody'],
      ['certificate', 'import', 'nobody', '/etc/hostname'],
      ['certificate', 'list'],
      ['service-account', 'import', 'nobody', '/etc/hostname'],
      ['service-account', 'list'],
      ['token', 'complete', '--file', '/etc/hostname'],
      ['relay', 'add', 'nobody', '--login', 'any', '--client', 'any'],
      ['relay', 'list'],
      ['relay', 'revoke', '7'],
      ['events'],
      ['mailbox', 'list'],
      ['mailbox', 'list', '--passwords'],
      ['apache-rules'],
      ['nginx-rules'],
      ['doctor', '--json'],
      ['token', 'renew', 'nobody'],
      ['install', '--dry-run'],
      ['install'],
      ['doctor', '--only', 'caches'],
      ['uninstall'],
      ['uninstall', '--dry-run'],
    ])
      it(`has no effect as root during ${words.join(' ')}, which ends`, () =>
        harmless(async () => {
          const more = words[0]?.endsWith('install')
            ? ['--root', machine.root, '--database-socket', superuser(lab).socket]
            : [];
          const { text } = await run([...words, ...more, '--home', helpdesk.home]);
          expect(text).to.not.include('planted {}');
        }));

    it('has none during a full install and uninstall either, once the folder of the settings does not belong to root', () =>
      harmless(async () => {
        asUser(`cd ${helpdesk.home}/Kernel/Config/Files; rm XML; mv XML.away XML`);
        const words = [
          '--root',
          machine.root,
          '--database-socket',
          superuser(lab).socket,
          '--home',
          helpdesk.home,
        ];
        // The system's own programs, which root runs as root, get root's variables.
        const ofRoots = { PERL5OPT: '', PERL5LIB: '' };
        const installed = await run(['install', ...words], ofRoots);
        expect(installed.code, installed.text).to.equal(0);
        const removed = await run(['uninstall', ...words], ofRoots);
        expect(removed.code, removed.text).to.equal(0);
      }));

    it('has none on serve, which runs as the user of its state folder, clears caches and reads sessions', () =>
      harmless(async () => {
        asUser(`rm ${state}/journal.key`);
        const { child, text } = start(['serve']);
        try {
          await until(
            'the sidecar is ready',
            async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null))?.ok === true,
          );
          const [server] = childProcesses(child.pid as number);
          if (server === undefined)
            throw new Error(`The sidecar has ended (${child.exitCode}): ${text().slice(-1000)}`);
          expect(readFileSync(`/proc/${server}/status`, 'utf8')).to.match(
            new RegExp(`^Uid:\\s+${uid}\\s+${uid}\\s+${uid}\\s+${uid}$`, 'm'),
          );
          process.kill(server, 'SIGTERM');
          await new Promise((resolve) => child.once('close', resolve));
        } finally {
          child.kill();
        }
        expect(text()).to.not.include('planted {}');
      }));

    it('is refused when it belongs to root altogether, as is a configuration file that others may write', async () => {
      const whole = mkdtempSync(path.join(tmpdir(), 'roots-helpdesk-'));
      mkdirSync(path.join(whole, 'Kernel'));
      writeFileSync(path.join(whole, 'Kernel/Config.pm'), 'die');
      const refused = await run(['token', 'list', '--home', whole]);
      expect(refused.text).to.match(/belong to root[\s\S]*ownership-unsafe/);
      rmSync(whole, { recursive: true });

      const file = path.join(notes, 'sidecar.conf');
      writeFileSync(file, `HELPDESK_HOME=${helpdesk.home}\n`);
      execFileSync('chown', [user, file]);
      const env = `SIDECAR_CONFIG=${file}`;
      const open = execFileSync(
        'sh',
        ['-c', `${env} ${process.execPath} ${znunyOauth2Words('token', 'list').join(' ')} 2>&1; true`],
        {
          cwd: ROOT,
          encoding: 'utf8',
        },
      );
      expect(open).to.match(/Users other than root can change .*notes-[\s\S]*ownership-unsafe/);
    });
  });

// Without root there is nothing to be gained.
if (process.getuid?.() === 0) ofRoot();
