import { type DestinationStream, type Logger, pino } from 'pino';

/** Names of fields whose values never reach the log, at the first three levels. */
const SECRET = [
  'token',
  'accessToken',
  'refreshToken',
  'access_token',
  'refresh_token',
  'id_token',
  'clientSecret',
  'ClientSecret',
  'client_secret',
  'code',
  'authorizationCode',
  'code_verifier',
  'verifier',
  'state',
  'password',
  'cookie',
  'authorization',
  'challengeToken',
  'sessionId',
];

/** `code` is also the name of an error's code, which belongs into the log at the first level. */
const paths = SECRET.flatMap((name) => [...(name === 'code' ? [] : [name]), `*.${name}`, `*.*.${name}`]);

/** JSON lines on standard output; fields with secrets are redacted even if somebody hands them in. */
export function createLog(level: string, stream?: DestinationStream): Logger {
  const options = { level, base: { name: 'znuny-oauth2' }, redact: { paths, censor: '[redacted]' } };
  return stream ? pino(options, stream) : pino(options);
}
