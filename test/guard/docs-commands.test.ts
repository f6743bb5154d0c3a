import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { COMMANDS } from '../../plugin/cli/commands.js';
import { CHECKS } from '../../plugin/domain/doctor/doctor.js';
import { callCli } from '../support/cli.js';
import { docsPages, type Page, shellBlocks } from '../support/docs-blocks.js';

const PROGRAM = 'znuny-oauth2';
const CHECK_NAMES = Object.entries(CHECKS).flatMap(([id, { number }]) => [id, String(number)]);
const pages = docsPages();
/** The blocks of a page that a shell reads. */
const blocksOf = (page: Page): string[] => shellBlocks(page).map(({ body }) => body);

/** What the shell would give the program, without what follows an operator or a comment. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [whole, quoted, single, plain] of line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)) {
    if (plain !== undefined && /^([|&;<>#)]|2>)/.test(plain)) break;
    words.push((quoted ?? single ?? whole).replace(/[;)]+$/, ''));
  }
  return words;
}

/** Each call of the program in blocks and in the text; a call with `…`, `[`, or `<` is a pattern, not a call. */
function callsIn(page: Page): string[] {
  const { text } = page;
  const inBlocks = blocksOf(page).join('\n').replaceAll('\\\n', ' ').split('\n');
  const outside = text.replace(/^ *```[\s\S]*?^ *```/gm, '');
  const inText = [...outside.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replaceAll('\n', ' '));
  const short = inText.filter((code) =>
    Object.keys(COMMANDS).some((name) => name.includes(' ') && code.startsWith(`${name} `)),
  );
  return [...inBlocks, ...inText]
    .filter((line) => !/\b(systemctl|journalctl|dpkg|apt-get)\b/.test(line))
    .flatMap((line) => line.split(new RegExp(`(?:^|[\\s"$(])${PROGRAM} `)).slice(1))
    .concat(short)
    .filter((line) => !/[…[<](?!\s)/.test(line.split('#')[0] ?? ''));
}

describe('the commands in the documentation', () => {
  for (const page of pages)
    it(`exist with their options: ${page.name}`, async () => {
      for (const call of callsIn(page)) {
        const words = wordsOf(call.trim());
        if (words.length === 0 || words[0] === '--version') continue;
        // With --help nothing is done, but command and options are checked.
        const { code, err } = await callCli(...words, '--help');
        expect(code, `${page.name}: ${PROGRAM} ${call}\n${err}`).to.equal(0);
        const only = words[words.indexOf('--only') + 1] ?? '';
        if (words[0] === 'doctor' && words.includes('--only'))
          for (const check of only.split(','))
            expect(CHECK_NAMES, `${page.name}: ${check}`).to.include(check);
      }
    });

  it('are many, so that the search finds them', () => {
    expect(pages.flatMap(callsIn).length).to.be.greaterThan(80);
  });

  it('end each section of docs/install.md with a check', () => {
    const install = pages.find(({ name }) => name === 'docs/install.md')?.text ?? '';
    const sections = install
      .split(/^## /m)
      .slice(1)
      .filter((text) => !/^(Undoing it|What was tried)/.test(text));
    expect(sections).to.have.length.greaterThan(10);
    for (const text of sections) expect(text, text.split('\n')[0]).to.match(/^Check: `znuny-oauth2 /m);
  });

  it('are in blocks that a shell can read', () => {
    for (const page of pages)
      for (const block of blocksOf(page)) {
        const placeholders = block.replace(/<[a-z]+>/g, 'x');
        expect(
          () => execFileSync('bash', ['-n'], { input: placeholders, stdio: 'pipe' }),
          `${page.name}:\n${block}`,
        ).to.not.throw();
      }
  });
});
