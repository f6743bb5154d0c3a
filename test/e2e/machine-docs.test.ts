import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { type BootedMachine, bootMachine, describeMachine } from '../support/booted-machine.js';
import { builtPackages } from '../support/built-packages.js';
import { commandsOf, docsPages, type Page, shellBlocks } from '../support/docs-blocks.js';
import { ALONE, ELSEWHERE, NOTES, type Note } from '../support/docs-notes.js';
import {
  HOME,
  console as helpdeskConsole,
  putApache,
  putHelpdesk,
  tracesOf,
  visit,
} from '../support/machine-helpdesk.js';
import { putProvider } from '../support/machine-provider.js';

/** The commands of one section of a page, in its order. */
interface Section {
  page: string;
  title: string;
  commands: string[];
}

const FIRST = 'docs/install.md';
const LAST = 'Undoing it';
/** Its commands work on a relay's own database. */
const RELAY_ALONE = 'Without a helpdesk';

function sectionsOf(page: Page): Section[] {
  const sections = new Map<string, string[]>();
  for (const block of shellBlocks(page))
    sections.set(block.section, [...(sections.get(block.section) ?? []), ...commandsOf(block)]);
  return [...sections].map(([title, commands]) => ({ page: page.name, title, commands }));
}

/** Installed first and removed last; in between, one page after the other. */
function story(): Section[] {
  const place = ({ page, title }: Section) => (title === LAST ? 2 : page === FIRST ? 0 : 1);
  return docsPages()
    .filter(({ name }) => name !== 'CONTRIBUTING.md')
    .flatMap(sectionsOf)
    .sort((a, b) => place(a) - place(b));
}

const programOf = (command: string): string => command.split(' ')[0] ?? '';

describeMachine('every command of README.md and docs/*.md, on a Debian machine', function () {
  this.timeout(600_000);
  let machine: BootedMachine;
  let trust: Record<string, string> = {};
  before(async () => {
    const built = await builtPackages();
    machine = await bootMachine();
    await putHelpdesk(machine, 'www-data', 'www-data');
    await putApache(machine);
    for (const version of ['0.1.0', '0.2.0'])
      copyFileSync(await built.deb(version), machine.at(`/root/znuny-oauth2_${version}_all.deb`));
    copyFileSync(built.archive, machine.at(`/root/${path.basename(built.archive)}`));
    machine.write('/root/secret.txt', 'sEcr3t-Value\n');
    const jane = '--user-name jane --first-name Jane --last-name Doe --email-address jane@jane.localhost';
    await helpdeskConsole(machine, `Admin::User::Add ${jane} --group admin`);
  });
  after(() => machine?.remove());

  async function prepare(step: Note['before']): Promise<void> {
    if (typeof step !== 'string') return void (await step?.(machine));
    const { code, text } = await machine.run('bash', ['-ec', step], { env: trust });
    if (code !== 0) throw new Error(`${step}: exit code ${code}\n${text}`);
  }

  /** As a reader types it: in the folder of root, or in that of the helpdesk as the owner of its files; and agrees. */
  function type(command: string, env: Record<string, string>) {
    const asOwner = ['--reuid=www-data', '--regid=www-data', '--clear-groups', 'env', '-C', HOME];
    const words = ['bash', '-c', command];
    const [program = '', ...rest] = command.startsWith('bin/') ? ['setpriv', ...asOwner, ...words] : words;
    return machine.run(program, rest, { env: { ...trust, ...env }, input: 'y\n' });
  }

  async function follow({ page, title, commands }: Section): Promise<void> {
    for (const command of commands.filter((words) => !(programOf(words) in ELSEWHERE))) {
      const note = NOTES[command];
      await prepare(note?.before);
      const { code, text } = await type(command, title === RELAY_ALONE ? ALONE : {});
      expect(code, `${page}: ${command}\n${text}`).to.equal(note?.code ?? 0);
      await prepare(note?.after);
    }
  }

  /** The rules that the pages install by hand. */
  async function rulesAreComplete(): Promise<void> {
    for (const [server, file] of [
      ['apache', '/etc/apache2/conf-available/oauth2-sidecar.conf'],
      ['apache', '/etc/httpd/conf.d/zzz-oauth2-sidecar.conf'],
      ['nginx', '/etc/nginx/snippets/oauth2-sidecar.conf'],
    ] as const) {
      expect(await machine.sh(`stat -c '%a %U' ${file}`), file).to.equal('600 root');
      expect(await machine.sh(`cat ${file}`), file).to.equal(
        await machine.sh(`znuny-oauth2 ${server}-rules`),
      );
    }
  }

  async function nothingIsLeft(): Promise<void> {
    const traces = await tracesOf(machine);
    // The packages that the reader has downloaded.
    expect(traces.filter((file) => !/^\/root\/[^/]*\.(deb|tgz)$/.test(file))).to.deep.equal([]);
    expect(await helpdeskConsole(machine, 'Admin::Package::List')).to.not.include('OAuth2Sidecar');
    expect((await visit(machine)).isOurs).to.equal(false);
  }

  const afterwards: Record<string, () => Promise<void>> = {
    '2. The installation beside the helpdesk': async () => {
      trust = await putProvider(machine);
    },
    'The web server by hand': rulesAreComplete,
    [LAST]: nothingIsLeft,
  };
  const sections = story();

  it('stands in a page, if this test treats it in a special way', () => {
    const commands = sections.flatMap((section) => section.commands);
    const there = new Set([...commands, ...commands.map(programOf), ...sections.map(({ title }) => title)]);
    const special = [NOTES, ELSEWHERE, afterwards].flatMap((table) => Object.keys(table));
    expect([...special, RELAY_ALONE].filter((name) => !there.has(name))).to.deep.equal([]);
  });

  for (const section of sections)
    it(`${section.page}, ${section.title}`, async () => {
      await follow(section);
      await afterwards[section.title]?.();
    });
});
