import { existsSync } from 'node:fs';
import net from 'node:net';
import { type Database, type DatabaseAddress, openDatabase } from '../../db/database.js';
import { serverName } from '../../db/database-user.js';
import { usualOf } from '../config/database-credentials.js';
import type { DatabaseSocket } from '../domain/helpdesk/database-credentials.js';
import { SidecarError } from '../errors.js';

/** The account that may create database users, from the command line. */
export interface DatabaseAdmin {
  /** null: the usual one of the database server. */
  login: string | null;
  /** Empty if the server authenticates the operating system's user. */
  password: string;
  /** Path of a Unix socket, or null. */
  socket: string | null;
  /** `HOST` or `HOST:PORT`, or null. */
  host: string | null;
}

const GIVE =
  "Name a user who can create users: --database-admin LOGIN, with the password in SIDECAR_DATABASE_ADMIN_PASSWORD and, if necessary, --database-socket FILE or --database-host HOST. Or continue with the helpdesk's own user: --without-database-user. Nothing was changed.";

/**
 * The usual socket of this machine's database server, or its folder; null if there is none. A folder alone says nothing:
 * the packages of the client create it, too, and the helpdesk's server may be in a container.
 */
export function localSocket(
  helpdesk: Pick<DatabaseAddress, 'family' | 'port'>,
  exists: (file: string) => boolean = existsSync,
): string | null {
  const { sockets, socketFile } = usualOf(helpdesk);
  return sockets.find((place) => exists(socketFile(place, helpdesk.port))) ?? null;
}

const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];

/**
 * Returns the address where the administrator logs in to the database server. The helpdesk's user can change
 * Kernel/Config.pm, so an address in it, even loopback or a Unix socket, may lead to a program of that user.
 * A password therefore goes only to the address on the command line, or to this machine's usual socket, which
 * only root and the server can create.
 * @param helpdesk address of the helpdesk's own connection
 * @param usualSocket this machine's usual socket, or null
 * @throws SidecarError config-invalid if the password would go to an address that nobody has confirmed
 */
export function addressOfAdmin(
  helpdesk: DatabaseAddress,
  { login, password, socket, host }: DatabaseAdmin,
  usualSocket: string | null = localSocket(helpdesk),
): DatabaseAddress {
  const { sockets, admin, port } = usualOf(helpdesk);
  const { systemUser: _helpdesks, ...address } = helpdesk;
  const at: DatabaseAddress = { ...address, user: login ?? admin, password };
  // A socket stays on this machine, and no certificate is issued for it.
  const bySocket = (file: DatabaseSocket): DatabaseAddress => ({ ...at, socket: file, tls: null });
  if (socket !== null) return bySocket(socket);
  if (host !== null) {
    const named = hostAndPort(host, port);
    return named.host === 'localhost' ? bySocket(sockets) : { ...at, ...named, socket: null };
  }
  const isLocal = helpdesk.socket !== null || LOOPBACK.includes(helpdesk.host);
  if (password === '') {
    const file = helpdesk.socket ?? (isLocal ? usualSocket : null);
    return file === null ? at : bySocket(file);
  }
  if (isLocal && usualSocket !== null) return bySocket(usualSocket);
  // None of the usual sockets exists now: the connection says so.
  if (helpdesk.socket !== null && typeof helpdesk.socket !== 'string') return bySocket(sockets);
  const named = helpdesk.socket ?? hostText(helpdesk);
  // Admins copy this option into a root shell, so it must not contain a command of the helpdesk's user.
  const shown = /^[\w.:/@[\]-]+$/.test(named) ? named : '…';
  const confirm = `--database-${helpdesk.socket === null ? 'host' : 'socket'} ${shown}`;
  throw new SidecarError('config-invalid', {
    detail: `Only Kernel/Config.pm, which the helpdesk's user can change, says which server would receive the password in SIDECAR_DATABASE_ADMIN_PASSWORD. If it is your database server, confirm it: ${confirm}. Nothing was changed, and the password was not sent.`,
  });
}

const hostText = ({ host, port }: DatabaseAddress): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** `db1`, `db1:3307`, `[::1]:3306`, `::1`. @param usualPort where none is named */
function hostAndPort(text: string, usualPort: number): { host: string; port: number } {
  const [, bracketed, plain, port] = net.isIPv6(text)
    ? [text, text]
    : (/^(?:\[([\da-f:.]+)\]|([^\s:/[\]]+))(?::(\d{1,5}))?$/i.exec(text) ?? []);
  const host = bracketed ?? plain;
  const number = Number(port ?? usualPort);
  if (host === undefined || number < 1 || number > 65535)
    throw new SidecarError('config-invalid', {
      detail: `--database-host takes HOST or HOST:PORT, not "${text}".`,
    });
  return { host, port: number };
}

/**
 * Opens the administrator's connection to the helpdesk's database server.
 * @param address address of the helpdesk's own connection
 * @param helpdesk that connection
 * @param userId the ID of a system user
 * @throws SidecarError config-invalid if the server refuses the login, or another server answers
 */
export async function openAdmin(
  address: DatabaseAddress,
  helpdesk: Database,
  credentials: DatabaseAdmin,
  userId: (name: string) => number | null,
): Promise<Database> {
  const where = addressOfAdmin(address, credentials);
  // The server may sign in the system user of the same name.
  const systemUser = userId(where.user);
  const at = systemUser === null ? where : { ...where, systemUser };
  // It is in the helpdesk's database, in which the helpdesk's user can create functions and tables of any name.
  const admin = openDatabase(at, { max: 1, catalogOnly: true });
  try {
    if ((await serverName(admin)) === (await serverName(helpdesk))) return admin;
  } catch (error) {
    await admin.close();
    const log = error instanceof SidecarError ? error.log : '';
    throw new SidecarError('config-invalid', {
      detail: `The database rejects the user "${at.user}" (${log}). ${GIVE}`,
    });
  }
  await admin.close();
  throw new SidecarError('config-invalid', {
    detail: `${at.socket === null ? hostText(at) : `The socket ${[at.socket].flat().join(', ')}`} leads to another database server than the helpdesk's. ${GIVE}`,
  });
}
