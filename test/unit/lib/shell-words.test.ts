import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { settingCommand } from '../../../plugin/domain/helpdesk/helpdesk-scripts.js';
import { grantCommand } from '../../../plugin/domain/mailbox/exchange-lines.js';
import { outboundCommand, outboundSettings } from '../../../plugin/domain/mailbox/outbound-settings.js';
import { remediesOf } from '../../../plugin/domain/mailbox/remedies.js';
import { posixWord, powerShellWord } from '../../../plugin/lib/shell-words.js';

/** PowerShell's own reading of a single-quoted string (about_Quoting_Rules); null: it ends before the text does. */
function readPowerShell(word: string): string | null {
  const [first = '', ...rest] = word;
  if (!/['\u2018-\u201b]/.test(first)) return /^\w[\w.@-]*$/.test(word) ? word : null;
  let text = '';
  while (rest.length > 0) {
    const sign = rest.shift() as string;
    if (!/['\u2018-\u201b]/.test(sign)) text += sign;
    else if (rest.length === 0) return text;
    else if (/['\u2018-\u201b]/.test(rest[0] as string)) text += rest.shift();
    else return null;
  }
  return null;
}

const NAMES = [
  'support@example.com',
  "it's @ example",
  'a@b\u2019;iex(calc);#',
  'a@b\u2018;iex(calc);#',
  'a@b\u201a;x',
  'a@b\u201b;x',
  "\u2019'\u2018",
  '@splatted',
  '-Identity',
  '$(id)',
  '`id`',
  'a;b',
];

describe('a word of a command that an admin copies', () => {
  for (const name of NAMES)
    it(`is one word for PowerShell and for the shell: ${name}`, () => {
      expect(readPowerShell(powerShellWord(name))).to.equal(name);
      expect(execFileSync('bash', ['-c', `printf %s ${posixWord(name)}`], { encoding: 'utf8' })).to.equal(
        name,
      );
    });

  for (const name of ['a\u001b[31mb', 'a\nb', "a\u0003'b\\c", 'a\u009b2Jb', 'a\u202eb', 'a\u2028b'])
    it(`holds no character that a terminal obeys: ${JSON.stringify(name)}`, () => {
      const word = posixWord(name);
      expect(word).to.match(/^[^\p{C}\p{Zl}\p{Zp}]+$/u);
      expect(execFileSync('bash', ['-c', `printf %s ${word}`], { encoding: 'utf8' })).to.equal(name);
      expect(powerShellWord(name)).to.match(/^'[^\p{C}\p{Zl}\p{Zp}]+'$/u);
    });

  it('is quoted in the commands for Exchange and for outbound mail', () => {
    const login = 'a@b\u2019;iex(calc);#';
    expect(grantCommand(login, login, 'receive')).to.contain(
      "-Identity 'a@b\u2019\u2019;iex(calc);#' -User 'a@b\u2019\u2019;iex(calc);#' ",
    );
    expect(grantCommand(login, login, 'send')).to.contain("-Trustee 'a@b\u2019\u2019;iex(calc);#' ");
    const mailbox = { type: 'IMAPS' as const, address: 'outlook.office365.com', login, folder: '' };
    const fault = { code: 'token-refused' as const, step: 'sign-in' as const, said: '' };
    const facts = { mailbox, fault, token: 'valid' as const, identity: null, app: null, isAccount: true };
    const commands = remediesOf(facts).flatMap((one) => (one.kind === 'command' ? [one.command] : []));
    expect(commands).to.deep.equal([
      "Set-CASMailbox -Identity 'a@b\u2019\u2019;iex(calc);#' -ImapEnabled $true",
    ]);
    const server = { type: 'SMTPTLS' as const, address: 'smtp.example.com' };
    expect(outboundCommand(outboundSettings(server, 'a@b', 'x\u001b\n', 'Any'), 'otrs')).to.contain(
      "--value $'x\\033\\012'",
    );
  });

  it('is a value even where it looks like an option of the console', () => {
    expect(settingCommand('otrs', 'A', posixWord('--help'))).to.match(/ --value=--help$/);
    expect(settingCommand('otrs', 'A', posixWord('-a b'))).to.match(/ --value='-a b'$/);
    expect(settingCommand('otrs', 'A', 'UTC')).to.match(/ --value UTC$/);
  });
});
