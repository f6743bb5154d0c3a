import { expect } from 'chai';
import { readPlain, saslCredentials } from '../../../plugin/relay/sasl.js';
import { helloWord, splitCommand } from '../../../plugin/relay/words.js';

const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');

/** Answers the challenges of one exchange in order. */
function client(...answers: string[]) {
  const challenges: string[] = [];
  return {
    challenges,
    ask: async (challenge: string) => {
      challenges.push(challenge);
      return answers.shift() ?? '*';
    },
  };
}

describe('SASL at the relay', () => {
  it('reads PLAIN with the initial response, and after a challenge', async () => {
    const message = base64('\0support@example.test\0pass wörd');
    const expected = { login: 'support@example.test', password: 'pass wörd' };
    const early = client();
    expect(await saslCredentials('plain', message, early.ask)).to.deep.equal(expected);
    expect(early.challenges).to.deep.equal([]);
    const late = client(message);
    expect(await saslCredentials('PLAIN', undefined, late.ask)).to.deep.equal(expected);
    expect(late.challenges).to.deep.equal(['']);
  });

  it('asks for user name and password with LOGIN', async () => {
    const { ask, challenges } = client(base64('me'), base64('secret'));
    expect(await saslCredentials('LOGIN', undefined, ask)).to.deep.equal({ login: 'me', password: 'secret' });
    expect(challenges.map((text) => Buffer.from(text, 'base64').toString())).to.deep.equal([
      'Username:',
      'Password:',
    ]);
  });

  it('refuses another identity, missing parts, what is not base64 or not UTF-8, and a cancelled exchange', async () => {
    for (const text of ['other\0me\0pw', '\0me\0', '\0\0pw', 'me\0pw', '\0me\0pw\0more', ''])
      expect(readPlain(base64(text)), JSON.stringify(text)).to.equal(null);
    expect(readPlain(base64('me\0me\0pw'))).to.deep.equal({ login: 'me', password: 'pw' });
    for (const text of [
      '*',
      'AG1lAHB3=',
      'AG1l AHB3',
      Buffer.from('\0me\0\xff', 'latin1').toString('base64'),
    ])
      expect(readPlain(text), text).to.equal(null);
    expect(await saslCredentials('LOGIN', undefined, client('*').ask)).to.equal(null);
    expect(await saslCredentials('LOGIN', base64('me'), client('*').ask)).to.equal(null);
    expect(await saslCredentials('PLAIN', '=', client().ask)).to.equal(null);
  });
});

describe('a command line of POP3 or SMTP', () => {
  it('is a word and the rest, spaces included', () => {
    expect(splitCommand('pass  two  spaces ')).to.deep.equal({ name: 'PASS', rest: ' two  spaces ' });
    expect(splitCommand('QUIT')).to.deep.equal({ name: 'QUIT', rest: '' });
    for (const line of ['', ' QUIT', 'QU1T', '\tQUIT']) expect(splitCommand(line).name, line).to.equal('');
  });

  it('names a host in EHLO that can be sent on', () => {
    for (const name of ['mail.example.test', '[127.0.0.1]', '[IPv6:::1]', 'localhost', 'a_b'])
      expect(helloWord(name), name).to.equal(name);
    for (const name of ['', '-x', 'a b', 'a\u00e9', 'x>', '[]', '<script>'])
      expect(helloWord(name), name).to.equal(null);
  });
});
