import { commandCounter, type Front, type FrontContext, type FrontRequest } from './front.js';
import { ProtocolFault } from './line-reader.js';
import { asciiLine, refusalWords } from './refusal-words.js';
import { isMechanism, saslCredentials } from './sasl.js';
import { helloWord, splitCommand } from './words.js';

/**
 * Submission before the sign-in (RFC 6409, RFC 5321 §4.1): EHLO, HELO, AUTH with PLAIN or LOGIN (RFC 4954),
 * STARTTLS (RFC 3207), NOOP, RSET, QUIT. Extensions of the provider's server are not announced, because it is
 * not known yet; a client may ask again after the sign-in, and that EHLO reaches the server.
 */
export function smtpFront(context: FrontContext): Front {
  const { reader, send, hostName } = context;
  const count = commandCounter();
  let hello = '';

  const ask = (challenge: string): Promise<string> => {
    send(`334 ${challenge}`);
    return reader.line();
  };

  function greetBack(rest: string): void {
    const name = helloWord(rest);
    if (name === null) {
      send('501 5.5.4 Give your host name');
      return;
    }
    hello = name;
    const extensions = [
      ...(context.offersTls() ? ['STARTTLS'] : []),
      ...(context.mayAuthenticate() ? ['AUTH PLAIN LOGIN'] : []),
      'ENHANCEDSTATUSCODES',
    ];
    const lines = [hostName, ...extensions];
    for (const [at, line] of lines.entries()) send(`250${at < lines.length - 1 ? '-' : ' '}${line}`);
  }

  async function run(line: string): Promise<FrontRequest | undefined> {
    const { name, rest } = splitCommand(line);
    switch (name) {
      case 'EHLO':
        return void greetBack(rest);
      case 'HELO':
        return void send(`250 ${hostName}`);
      case 'NOOP':
      case 'RSET':
        return void send('250 2.0.0 OK');
      case 'QUIT':
        send('221 2.0.0 Goodbye');
        return 'leave';
      case 'STARTTLS':
        if (!context.offersTls()) return void send('454 4.7.0 TLS is not available');
        if (rest !== '') return void send('501 5.5.4 STARTTLS takes no parameters');
        // Commands sent ahead of the handshake would count as protected (RFC 3207 §4.2 and §6).
        if (reader.hasMore()) throw new ProtocolFault('commands after STARTTLS');
        hello = '';
        send('220 2.0.0 Begin TLS now');
        return 'starttls';
      case 'AUTH': {
        if (hello === '') return void send('503 5.5.1 Send EHLO first');
        if (!context.mayAuthenticate()) return void send('530 5.7.0 Begin TLS first (STARTTLS)');
        const [mechanism = '', initial, ...more] = rest.split(' ');
        if (more.length > 0 || !isMechanism(mechanism)) return void send('504 5.5.4 Use PLAIN or LOGIN');
        const found = await saslCredentials(mechanism, initial, ask);
        return found ?? void send(`501 5.5.2 This is not a message of ${mechanism.toUpperCase()}`);
      }
      case 'MAIL':
      case 'RCPT':
      case 'DATA':
      case 'BDAT':
        return void send('530 5.7.0 Sign in first (AUTH)');
      default:
        return void send('502 5.5.1 This command is not available before the sign-in');
    }
  }

  return {
    greet: () => send(`220 ${hostName} ESMTP relay`),
    async next() {
      for (;;) {
        count();
        const request = await run(await reader.line());
        if (request !== undefined) return request;
      }
    },
    accept: () => send('235 2.7.0 Signed in'),
    refuse: (refusal) => send(refusalWords('smtp', refusal)),
    bye: (text) => send(`421 4.3.2 ${asciiLine(text)}`),
    clientName: () => hello,
  };
}
