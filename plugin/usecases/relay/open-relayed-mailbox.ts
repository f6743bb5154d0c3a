import type { Log } from '../../domain/log.js';
import { type MailProtocol, splitAddress } from '../../domain/mailbox/mailbox.js';
import type { RelayPassword } from '../../domain/relay/relay-password.js';
import { CONFIGURATION_GONE, RelayRefusal, UpstreamFault } from '../../domain/relay/relay-refusal.js';
import type { UpstreamTarget } from '../../domain/relay/upstream-target.js';
import { codeOf, isSidecarError } from '../../errors.js';
import { phrase } from '../../lib/phrase.js';
import type { SignInRequest } from './check-sign-in.js';

export interface OpenMailboxDeps<Connection> {
  checkSignIn(request: SignInRequest): Promise<RelayPassword>;
  tokenInTime(configId: number, refused?: string | null): Promise<string>;
  /** @throws UpstreamFault */
  connect(target: UpstreamTarget): Promise<Connection>;
  log: Log;
}

export interface OpenMailboxRequest extends SignInRequest {
  protocol: MailProtocol;
  helloName: string;
}

const DATABASE = phrase('The sidecar cannot read its database. Try again in a moment.');
const NO_SERVER = {
  imap: phrase('This relay password cannot be used for IMAP.'),
  pop3: phrase('This relay password cannot be used for POP3.'),
  smtp: phrase('This relay password cannot be used to send mail.'),
} as const;

/** Failures of ours that say nothing of the client's credentials. */
function asRefusal(error: unknown, log: Log): RelayRefusal {
  if (error instanceof RelayRefusal) return error;
  if (error instanceof UpstreamFault)
    return new RelayRefusal(error.kind === 'passing' ? 'passing' : 'action', error.text);
  log.error(
    { code: codeOf(error), ...(isSidecarError(error) ? { fault: error.log } : {}) },
    'a sign-in at the relay failed',
  );
  return new RelayRefusal('passing', DATABASE);
}

/**
 * Signs a client in: checks its relay password, obtains a valid token and signs in at the mailbox's own server.
 * If that server refuses the token, it tries once more with a new one.
 * @returns the connection, signed in; and whose it is
 * @throws RelayRefusal
 */
export async function openRelayedMailbox<Connection>(
  deps: OpenMailboxDeps<Connection>,
  request: OpenMailboxRequest,
): Promise<{ connection: Connection; password: RelayPassword }> {
  const { protocol, helloName, signal } = request;
  try {
    const password = await deps.checkSignIn(request);
    if (password.isOrphan) throw new RelayRefusal('action', CONFIGURATION_GONE);
    const server = password.servers[protocol];
    const address = server ? splitAddress(server.address, server.type) : null;
    if (!server || !address) throw new RelayRefusal('action', NO_SERVER[protocol]);
    const signIn = (accessToken: string | Promise<string>) =>
      deps.connect({ ...address, type: server.type, login: password.login, accessToken, helloName, signal });
    const token = deps.tokenInTime(password.configId);
    // It may fail before the connection waits for it.
    token.catch(() => undefined);
    const connection = await signIn(token).catch(async (error: unknown) => {
      // Where there is no token, that is the cause, whatever the mail server says meanwhile.
      const refused = await token;
      const isRefused = error instanceof UpstreamFault && error.kind === 'token-refused';
      if (!isRefused || signal?.aborted) throw error;
      return signIn(await deps.tokenInTime(password.configId, refused));
    });
    return { connection, password };
  } catch (error) {
    throw asRefusal(error, deps.log);
  }
}
