import net from 'node:net';
import { type Database, type DatabaseAddress, openDatabase } from '../../db/database.js';
import { serverName } from '../../db/database-user.js';
import { localSocket } from '../config/database-credentials.js';
import { SidecarError } from '../errors.js';

/** Who may create database users, as the command line says. */
export interface DatabaseAdmin {
  login: string;
  /** Empty where the server lets somebody in by who they are on this machine. */
  password: string;
  /** A file, or null. */
  socket: string | null;
  /** `HOST` or `HOST:PORT`, or null. */
  host: string | null;
}

const GIVE =
  "Say who may create users: --database-admin LOGIN, with the password in SIDECAR_DATABASE_ADMIN_PASSWORD and, if need be, --database-socket FILE or --database-host HOST. Or go on with the helpdesk's own user: --without-database-user. Nothing was changed.";

const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];

/**
 * Where the administrator of the database server logs in. Kernel/Config.pm belongs to the helpdesk's user, so what it names
 * may be a program of theirs, loopback and Unix sockets included: a password goes only where the command line says, or to the
 * usual socket of this machine, which only root and the server can make.
 * @param helpdesk where the helpdesk's own connection goes
 * @param usualSocket of this machine, null where there is none
 * @throws SidecarError config-invalid where nobody has confirmed where the password goes
 */
export function addressOfAdmin(
  helpdesk: DatabaseAddress,
  { login, password, socket, host }: DatabaseAdmin,
  usualSocket: string | null = localSocket(),
): DatabaseAddress {
  const at = { ...helpdesk, user: login, password };
  // A socket does not leave the machine, and no certificate is made out to it.
  const bySocket = (file: string): DatabaseAddress => ({ ...at, socket: file, tls: null });
  if (socket !== null) return bySocket(socket);
  if (host !== null) return { ...at, ...hostAndPort(host), socket: null };
  const isLocal = helpdesk.socket !== null || LOOPBACK.includes(helpdesk.host);
  if (password === '') {
    const file = helpdesk.socket ?? (isLocal ? usualSocket : null);
    return file === null ? at : bySocket(file);
  }
  if (isLocal && usualSocket !== null) return bySocket(usualSocket);
  const named = helpdesk.socket ?? hostText(helpdesk);
  // Whoever copies the option shall not copy a command of the helpdesk's user into a shell of root.
  const shown = /^[\w.:/@[\]-]+$/.test(named) ? named : '…';
  const confirm = `--database-${helpdesk.socket === null ? 'host' : 'socket'} ${shown}`;
  throw new SidecarError('config-invalid', {
    detail: `Where the password in SIDECAR_DATABASE_ADMIN_PASSWORD would go is named by Kernel/Config.pm only, which the helpdesk's user can change. If your database server is there, say so: ${confirm}. Nothing was changed, and the password was not sent.`,
  });
}

const hostText = ({ host, port }: DatabaseAddress): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** `db1`, `db1:3307`, `[::1]:3306`, `::1`. */
function hostAndPort(text: string): { host: string; port: number } {
  const [, bracketed, plain, port] = net.isIPv6(text)
    ? [text, text]
    : (/^(?:\[([\da-f:.]+)\]|([^\s:/[\]]+))(?::(\d{1,5}))?$/i.exec(text) ?? []);
  const host = bracketed ?? plain;
  const number = Number(port ?? 3306);
  if (host === undefined || number < 1 || number > 65535)
    throw new SidecarError('config-invalid', {
      detail: `--database-host takes HOST or HOST:PORT, not "${text}".`,
    });
  return { host: host === 'localhost' ? '127.0.0.1' : host, port: number };
}

/**
 * The administrator's connection, to the same server as the helpdesk's.
 * @param address where the helpdesk's own connection goes
 * @param helpdesk that connection
 * @throws SidecarError config-invalid where nobody is let in, or another server answers
 */
export async function openAdmin(
  address: DatabaseAddress,
  helpdesk: Database,
  credentials: DatabaseAdmin,
): Promise<Database> {
  const at = addressOfAdmin(address, credentials);
  const admin = openDatabase(at, { max: 1 });
  try {
    if ((await serverName(admin)) === (await serverName(helpdesk))) return admin;
  } catch (error) {
    await admin.close();
    const log = error instanceof SidecarError ? error.log : '';
    throw new SidecarError('config-invalid', {
      detail: `The database does not let "${credentials.login}" in (${log}). ${GIVE}`,
    });
  }
  await admin.close();
  throw new SidecarError('config-invalid', {
    detail: `${at.socket === null ? hostText(at) : `The socket ${at.socket}`} leads to another database server than the helpdesk's. ${GIVE}`,
  });
}
