import { commandCounter, type Front, type FrontContext, type FrontRequest } from './front.js';
import { ProtocolFault } from './line-reader.js';
import { asciiLine, refusalWords } from './refusal-words.js';
import { asUtf8, isMechanism, saslCredentials } from './sasl.js';
import { splitCommand } from './words.js';

/**
 * POP3 before the sign-in (RFC 1939 §4 and §7): CAPA (RFC 2449), USER and PASS, AUTH with PLAIN or LOGIN (RFC
 * 5034), STLS (RFC 2595 §4), QUIT.
 */
export function pop3Front(context: FrontContext): Front {
  const { reader, send, hostName } = context;
  const count = commandCounter();
  let user = '';

  function listCapabilities(): void {
    send('+OK Capabilities');
    if (context.mayAuthenticate()) for (const line of ['USER', 'SASL PLAIN LOGIN']) send(line);
    if (context.offersTls()) send('STLS');
    for (const line of ['PIPELINING', 'RESP-CODES', 'AUTH-RESP-CODE', '.']) send(line);
  }

  const ask = (challenge: string): Promise<string> => {
    send(`+ ${challenge}`);
    return reader.line();
  };

  const needsTls = () => void send('-ERR [AUTH] Begin TLS first (STLS)');

  async function run(line: string): Promise<FrontRequest | undefined> {
    const { name, rest } = splitCommand(line);
    switch (name) {
      case 'CAPA':
        return void listCapabilities();
      case 'QUIT':
        send('+OK Goodbye');
        return 'leave';
      case 'STLS':
        if (!context.offersTls()) return void send('-ERR TLS is not available');
        // RFC 2595 §2.2: nothing sent ahead of the handshake may count.
        if (reader.hasMore()) throw new ProtocolFault('commands after STLS');
        user = '';
        send('+OK Begin TLS now');
        return 'starttls';
      case 'USER':
        if (!context.mayAuthenticate()) return needsTls();
        if (rest === '') return void send('-ERR USER takes a user name');
        user = asUtf8(rest);
        return void send('+OK');
      case 'PASS': {
        if (!context.mayAuthenticate()) return needsTls();
        if (user === '') return void send('-ERR Send USER first');
        const login = user;
        user = '';
        // A password may contain spaces (RFC 1939 §7).
        return { login, password: asUtf8(rest) };
      }
      case 'AUTH': {
        const [mechanism = '', initial, ...more] = rest.split(' ');
        if (mechanism === '') {
          for (const reply of ['+OK Mechanisms', 'PLAIN', 'LOGIN', '.']) send(reply);
          return;
        }
        if (!context.mayAuthenticate()) return needsTls();
        if (more.length > 0 || !isMechanism(mechanism)) return void send('-ERR Use PLAIN or LOGIN');
        const found = await saslCredentials(mechanism, initial, ask);
        return found ?? void send(`-ERR This is not a message of ${mechanism.toUpperCase()}`);
      }
      default:
        return void send('-ERR Sign in first');
    }
  }

  return {
    greet: () => send(`+OK ${hostName} relay ready`),
    async next() {
      for (;;) {
        count();
        const request = await run(await reader.line());
        if (request !== undefined) return request;
      }
    },
    accept: () => send('+OK Signed in'),
    refuse: (refusal) => send(refusalWords('pop3', refusal)),
    bye: (text) => send(`-ERR [SYS/TEMP] ${asciiLine(text)}`),
    clientName: () => '',
  };
}
