import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { COMMANDS } from '../../../plugin/cli/commands.js';
import { EXIT } from '../../../plugin/cli/exit-codes.js';
import { callCli } from '../../support/cli.js';

/** The page as a reader sees it, where this machine has what `man` needs. */
const GROFF = '/usr/bin/groff';

describe('the manual page', () => {
  let page = '';
  before(async () => {
    const { code, out, err } = await callCli('help', '--man');
    expect(code, err).to.equal(0);
    page = out;
  });

  it('describes every command with its options, and every exit code', async () => {
    for (const [name, load] of Object.entries(COMMANDS)) {
      const from = page.indexOf(`\n.SS ${name.toUpperCase()}\n`);
      expect(from, name).to.be.greaterThan(0);
      const part = page.slice(from, page.indexOf('\n.S', from + 4)).replaceAll('\\-', '-');
      const { command } = await load();
      expect(part).to.contain(`.B znuny-oauth2 ${name}`);
      for (const option of Object.keys(command.options ?? {})) expect(part, name).to.contain(`--${option}`);
      for (const [line] of command.examples) expect(part.replaceAll('\\e', '\\')).to.contain(line);
    }
    for (const code of Object.values(EXIT)) expect(page).to.contain(`\n\\fB${code}\\fR\n`);
  });

  // A machine without groff does not need the page.
  const itWithGroff = existsSync(GROFF) ? it : () => undefined;
  itWithGroff('is roff that groff takes without a warning', () => {
    const said = execFileSync('sh', ['-c', `${GROFF} -man -Kutf8 -Tutf8 -ww -z 2>&1`], {
      input: page,
    }).toString();
    expect(said).to.equal('');
  });
});
