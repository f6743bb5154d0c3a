import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import net, { type Server } from 'node:net';
import path from 'node:path';
import { SidecarError } from '../errors.js';

/** Mode 0660: for this process's user and its group, which is usually the web server's. */
const UMASK = 0o117;

/** What to do where systemd does not create the socket. */
const OR =
  'Choose another path (SIDECAR_SOCKET), or a TCP port: SIDECAR_PORT together with SIDECAR_SECRET. Then print the rules of the web server again.';

class Unusable extends Error {}
const invalid = (detail: string, cause?: unknown): Unusable => new Unusable(detail, { cause });

const answers = (file: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(file);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EACCES'));
  });

/**
 * In another user's folder, or in one that anyone can write to, others could take the path while the sidecar
 * is stopped.
 */
function checkFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o755 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw invalid(`The folder ${folder} cannot be created (${code}).`, error);
  }
  const facts = lstatSync(folder);
  if (!facts.isDirectory() || (facts.mode & 0o002) !== 0)
    throw invalid(`Everybody may write to ${folder}, so the socket would not be safe there.`);
  if (![0, process.geteuid?.()].includes(facts.uid))
    throw invalid(`${folder} belongs to user ${facts.uid}, so the socket would not be safe there.`);
}

/**
 * Listens on a Unix socket that this process creates. Replaces a socket that an earlier process left behind.
 * @param cure what to do where that is impossible
 * @throws SidecarError config-invalid: the folder is missing or open to everybody, or the path is in use
 */
export async function bindSocket(server: Server, file: string, cure = OR): Promise<void> {
  try {
    await bind(server, file);
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    throw new SidecarError('config-invalid', { detail: `${error.message} ${cure}`, cause: error.cause });
  }
}

async function bind(server: Server, file: string): Promise<void> {
  checkFolder(path.dirname(file));
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found && (!found.isSocket() || (await answers(file)))) throw invalid(`${file} is in use.`);
  if (found) rmSync(file);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(invalid(`The socket ${file} cannot be created (${error.code}).`, error)),
    );
    // This call creates the file, with the right mode from the beginning.
    const before = process.umask(UMASK);
    try {
      server.listen(file, resolve);
    } finally {
      process.umask(before);
    }
  });
}
