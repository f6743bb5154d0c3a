import { expect } from 'chai';
import { readChallenge } from '../../../plugin/mail/dialogue.js';
import { createTranscript } from '../../../plugin/mail/transcript.js';

const TOKEN = 'ya29.A0-Secret_token~of+the/mailbox=4711xyzQWERTY';
const LINE = Buffer.from(`user=support@example.test\x01auth=Bearer ${TOKEN}\x01\x01`).toString('base64');
const hex = (text: string) => Buffer.from(text).toString('hex');
const base64 = (text: string) => Buffer.from(text).toString('base64');
const each = (text: string, write: (code: number) => string, sign = '') =>
  [...text].map((character) => write(character.charCodeAt(0))).join(sign);

const shownOf = (line: string) => {
  const transcript = createTranscript([LINE, TOKEN]);
  transcript.server(line);
  return transcript.lines[0]?.text ?? '';
};

describe('the transcript of a mailbox test', () => {
  const echoes: [string, string][] = [
    ['as it is', TOKEN],
    ['a part of it', TOKEN.slice(7, 20)],
    ['in capitals', TOKEN.toUpperCase()],
    ['in base64', base64(TOKEN)],
    ['in base64 for addresses', Buffer.from(TOKEN).toString('base64url')],
    ['in base64 after other text', base64(`x${TOKEN}`)],
    ['in base64 twice', base64(base64(TOKEN))],
    ['the line that was sent, in base64 again', base64(LINE)],
    ['in hexadecimal', hex(TOKEN)],
    ['in hexadecimal after a digit', `f${hex(TOKEN)}`],
    ['in hexadecimal with colons', hex(TOKEN).replace(/..(?!$)/g, '$&:')],
    ['in hexadecimal with spaces', hex(TOKEN).replace(/..(?!$)/g, '$& ')],
    ['in hexadecimal of base64', hex(base64(TOKEN))],
    ['in base64 of hexadecimal', base64(hex(TOKEN))],
    ['escaped for JSON', each(TOKEN, (code) => `\\u${code.toString(16).padStart(4, '0')}`)],
    ['escaped for C', each(TOKEN, (code) => `\\x${code.toString(16)}`)],
    ['escaped for XML', each(TOKEN, (code) => `&#${code};`)],
    ['escaped for XML in hexadecimal', each(TOKEN, (code) => `&#x${code.toString(16)};`)],
    ['percent-encoded', each(TOKEN, (code) => `%${code.toString(16)}`)],
    ['quoted-printable', each(TOKEN, (code) => `=${code.toString(16).toUpperCase()}`)],
    ['in decimal numbers', each(TOKEN, String, ' ')],
    ['with its slash escaped', TOKEN.replaceAll('/', '\\/')],
    ['letter by letter', [...TOKEN].join(' ')],
    ['in parts', TOKEN.replace(/.{5}/g, '$& ')],
    ['backwards', [...TOKEN].reverse().join('')],
  ];
  const carriers: [string, (echo: string) => string][] = [
    ['an IMAP status', (echo) => `a2 NO [AUTHENTICATIONFAILED] refused ${echo} sorry`],
    ['an IMAP greeting', (echo) => `* OK hello "${echo}"`],
    ['a POP3 refusal', (echo) => `-ERR [AUTH] ${echo}`],
    ['an SMTP refusal', (echo) => `535-5.7.8 ${echo}`],
  ];
  for (const [how, echo] of echoes)
    it(`does not show a token that is sent back ${how}`, () => {
      for (const [where, carrier] of carriers) {
        const shown = shownOf(carrier(echo));
        expect(shown, where).to.contain('[redacted]');
        expect(shown.toLowerCase(), where).to.not.contain(echo.slice(0, 300).toLowerCase());
        const transcript = createTranscript([LINE, TOKEN]);
        expect(transcript.clean(carrier(echo)), where).to.contain('[redacted]');
      }
    });

  for (const line of ['+ abc', `+ ${base64('{"status":"401"}')}`, '334 VXNlcm5hbWU6', '334-x'])
    it(`never shows the data of the continuation "${line}"`, () => {
      expect(shownOf(line)).to.match(/^(\+|334) \[redacted\]$/);
    });

  for (const line of ['what is this', '* SEARCH 1 2 3', '* 1 FETCH (BODY[] {3}', 'Subject: hello', '<html>'])
    it(`does not show "${line}", which is not a status`, () => {
      expect(shownOf(line)).to.equal('[redacted]');
    });

  it('does not show a token that the sidecar has never seen', () => {
    expect(shownOf('* OK EwBgA8l6BAAURSN1FHlDW5xN74t6GzbtsBBeBUYAAX')).to.equal('* OK [redacted]');
    expect(shownOf('* OK eyJhbGciOi.eyJzdWIi.c2ln')).to.equal('* OK [redacted]');
    expect(shownOf('-ERR access_token=short')).to.equal('-ERR access_token=[redacted]');
  });

  for (const line of [
    '* OK The Microsoft Exchange IMAP4 service is ready.',
    '* OK Gimap ready for requests from 192.0.2.1 x10mb1',
    '* CAPABILITY IMAP4rev1 LITERAL+ SASL-IR AUTH=XOAUTH2 AUTH=OAUTHBEARER LOGIN-REFERRALS',
    'a2 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)',
    'a3 BAD User is authenticated but not connected.',
    '+OK Dovecot ready.',
    '+OK',
    '+',
    '-ERR [SYS/TEMP] try later',
    'SASL XOAUTH2 PLAIN',
    '.',
    '535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [AM6PR0502CA0052.eurprd05.prod.outlook.com]',
    '454 4.7.0 Too many login attempts: https://support.google.com/mail/answer/7126229',
    '250-AUTH LOGIN PLAIN XOAUTH2',
    '220 mail.example.test ESMTP Postfix (Debian/GNU)',
  ])
    it(`shows "${line}"`, () => {
      expect(shownOf(line)).to.equal(line);
    });
});

describe('the challenge after a refusal', () => {
  it('is shown by its meaningful fields', () => {
    const said = { status: '400', schemes: 'Bearer', scope: 'https://mail.google.com/', token: TOKEN };
    expect(readChallenge(base64(JSON.stringify(said)))).to.equal(
      '{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}',
    );
  });

  for (const text of [
    '',
    '!!',
    base64('no JSON'),
    base64('null'),
    base64('[1]'),
    base64(`{"status":"${TOKEN}"}`),
  ])
    it(`is empty where it holds none: ${text.slice(0, 20)}`, () =>
      expect(readChallenge(text)).to.equal(null));
});
