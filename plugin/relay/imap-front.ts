import { commandCounter, type Front, type FrontContext, type FrontRequest } from './front.js';
import { type ImapCommand, type ImapPiece, literalMark, parseImapCommand } from './imap-command.js';
import { ProtocolFault } from './line-reader.js';
import { asciiLine, refusalWords } from './refusal-words.js';
import { asUtf8, isMechanism, saslCredentials } from './sasl.js';

/** No command before a sign-in has more literals: ID has at most 30 fields with their values (RFC 2971 §3.3). */
const MOST_LITERALS = 60;

/**
 * IMAP before the sign-in (RFC 9051 §6.1 and §6.2, RFC 3501 for older clients): CAPABILITY, ID (RFC 2971), NOOP,
 * LOGIN, AUTHENTICATE with PLAIN or LOGIN (RFC 4616, initial response of RFC 4959), STARTTLS, LOGOUT.
 */
export function imapFront(context: FrontContext): Front {
  const { reader, send, hostName } = context;
  const count = commandCounter();
  /** Of the command that is being answered. */
  let tag = '*';

  function capabilities(): string {
    const signIn = context.mayAuthenticate() ? ['AUTH=PLAIN', 'AUTH=LOGIN'] : ['LOGINDISABLED'];
    const tls = context.offersTls() ? ['STARTTLS'] : [];
    // Only what every mail server has, because a client may keep this list after the sign-in.
    return ['IMAP4rev1', 'SASL-IR', ...tls, ...signIn].join(' ');
  }

  /** Reads one command with its literals. */
  async function readCommand(): Promise<ImapPiece[]> {
    const pieces: ImapPiece[] = [];
    for (let literals = 0; ; literals++) {
      const line = await reader.line();
      const mark = literalMark(line);
      if (!mark) return [...pieces, { text: line }];
      if (literals === MOST_LITERALS) throw new ProtocolFault('too many literals');
      pieces.push({ text: mark.text });
      if (mark.waits) send('+ OK');
      pieces.push({ literal: await reader.bytes(mark.length) });
    }
  }

  const ask = (challenge: string): Promise<string> => {
    send(`+ ${challenge}`);
    return reader.line();
  };

  /** @returns a request, or undefined where the command is answered */
  async function run({ name, args }: ImapCommand): Promise<FrontRequest | undefined> {
    const [first = '', second = ''] = args;
    switch (name) {
      case 'CAPABILITY':
        send(`* CAPABILITY ${capabilities()}`);
        return void send(`${tag} OK Completed`);
      case 'ID':
        send('* ID NIL');
        return void send(`${tag} OK Completed`);
      case 'NOOP':
        return void send(`${tag} OK Completed`);
      case 'LOGOUT':
        send('* BYE Goodbye');
        send(`${tag} OK Completed`);
        return 'leave';
      case 'STARTTLS':
        if (!context.offersTls()) return void send(`${tag} BAD TLS is not available`);
        // Commands sent ahead of the handshake must not be taken for protected ones (RFC 9051 §11.1).
        if (reader.hasMore()) throw new ProtocolFault('commands after STARTTLS');
        send(`${tag} OK Begin TLS now`);
        return 'starttls';
      case 'LOGIN':
      case 'AUTHENTICATE': {
        if (!context.mayAuthenticate())
          return void send(`${tag} NO [PRIVACYREQUIRED] Begin TLS first (STARTTLS)`);
        if (name === 'LOGIN') {
          if (args.length !== 2) return void send(`${tag} BAD LOGIN takes a user name and a password`);
          return { login: asUtf8(first), password: asUtf8(second) };
        }
        if (args.length > 2 || !isMechanism(first)) return void send(`${tag} NO [CANNOT] Use PLAIN or LOGIN`);
        const found = await saslCredentials(first, args[1], ask);
        return found ?? void send(`${tag} BAD This is not a message of ${first.toUpperCase()}`);
      }
      default:
        return void send(`${tag} BAD Sign in first`);
    }
  }

  return {
    greet: () => send(`* OK [CAPABILITY ${capabilities()}] ${hostName} relay ready`),
    async next() {
      for (;;) {
        count();
        const command = parseImapCommand(await readCommand());
        tag = command?.tag ?? '*';
        if (!command || !('name' in command)) {
          send(`${tag} BAD This is not a command`);
          continue;
        }
        const request = await run(command);
        if (request !== undefined) return request;
      }
    },
    accept: (capability) =>
      send(
        `${tag} OK ${capability && /^[\x20-\x7e]+$/.test(capability) ? `[CAPABILITY ${capability}] ` : ''}Signed in`,
      ),
    refuse: (refusal) => send(`${tag} ${refusalWords('imap', refusal)}`),
    bye: (text) => send(`* BYE ${asciiLine(text)}`),
    clientName: () => '',
  };
}
