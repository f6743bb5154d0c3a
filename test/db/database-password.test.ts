import { generateKeyPairSync, privateDecrypt, constants as rsa } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { type Database, openDatabase } from '../../db/database.js';
import { isSidecarError } from '../../plugin/errors.js';

const PASSWORD = 'the-password-of-the-database';
/** A new user for each test: what the sidecar knows of a user lasts as long as the process. */
const account = { database: 'helpdesk', user: 'sidecar', password: PASSWORD };
const SCRAMBLE = Buffer.alloc(20, 'A');
const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

const packet = (sequence: number, content: Buffer): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUIntLE(content.length, 0, 3);
  head[3] = sequence;
  return Buffer.concat([head, content]);
};

/** Protocol::HandshakeV10 of a server without TLS. */
function greeting(version: string, plugin: string): Buffer {
  const flags = 0x00f8_f7ff & ~0x800;
  const numbers = Buffer.alloc(12);
  numbers.writeUInt32LE(7, 0);
  const low = Buffer.from([flags & 0xff, (flags >> 8) & 0xff, 0x21, 2, 0, (flags >> 16) & 0xff, 0, 21]);
  return packet(
    0,
    Buffer.concat([
      Buffer.from(`\x0a${version}\0`),
      numbers.subarray(0, 4),
      SCRAMBLE.subarray(0, 8),
      Buffer.from([0]),
      low,
      Buffer.alloc(10),
      SCRAMBLE.subarray(8),
      Buffer.from(`\0${plugin}\0`),
    ]),
  );
}

const OK = Buffer.from([0, 0, 0, 2, 0, 0, 0]);

/** The genuine server as far as a log-in goes; it accepts any statement. */
function mariaDb(socket: net.Socket): void {
  socket.write(greeting('5.5.5-10.11.6-MariaDB', 'mysql_native_password'));
  let isIn = false;
  socket.on('data', () => {
    socket.write(packet(isIn ? 1 : 2, OK));
    isIn = true;
  });
}

/** Treats every client as an account that it has not seen yet, and sends a key of its own. */
function thief(version: string, plugin: string, stolen: string[]) {
  return (socket: net.Socket): void => {
    socket.write(greeting(version, 'mysql_native_password'));
    const answers = [
      packet(2, Buffer.concat([Buffer.from(`\xfe${plugin}\0`, 'latin1'), SCRAMBLE, Buffer.from([0])])),
      packet(4, Buffer.from([1, 4])),
      packet(6, Buffer.concat([Buffer.from([1]), Buffer.from(publicKey)])),
    ];
    if (plugin === 'sha256_password') answers.splice(1, 1);
    socket.on('data', (data) => {
      const answer = answers.shift();
      if (answer) return void socket.write(answer);
      const hidden = privateDecrypt(
        { key: privateKey, padding: rsa.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
        data.subarray(4),
      );
      stolen.push(Buffer.from(hidden.map((byte, at) => byte ^ (SCRAMBLE[at % 20] ?? 0))).toString('latin1'));
      socket.destroy();
    });
  };
}

describe('the database password', () => {
  let serve: (socket: net.Socket) => void;
  let server: net.Server;
  let database: Database;
  const sockets = new Set<net.Socket>();

  beforeEach(async () => {
    account.user += 'x';
    server = net.createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      serve(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const where = { host: '127.0.0.1', port, socket: null };
    database = openDatabase({ ...where, ...account }, { timeoutMs: 2000 });
  });
  afterEach(async () => {
    await database.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  const ask = () =>
    database
      .run('test', (knex) => knex.raw('SELECT 1'))
      .then(
        () => 'let in',
        (error: unknown) => (isSidecarError(error) ? error.code : error),
      );
  /** Takes the port of a server that is down. */
  const comes = (other: (socket: net.Socket) => void): void => {
    serve = other;
    for (const socket of sockets) socket.destroy();
  };

  for (const plugin of ['caching_sha2_password', 'sha256_password'])
    it(`is not revealed to a program that takes the port of a MariaDB and asks by ${plugin}`, async () => {
      const stolen: string[] = [];
      serve = mariaDb;
      expect(await ask()).to.equal('let in');
      for (const version of ['8.0.36', '5.5.5-10.11.6-MariaDB']) {
        comes(thief(version, plugin, stolen));
        expect(await ask()).to.equal('database-unavailable');
      }
      expect(stolen).to.deep.equal([]);
      comes(mariaDb);
      expect(await ask()).to.equal('let in');
    });

  it('is not revealed at the port either, where a MariaDB has answered at its socket', async () => {
    const stolen: string[] = [];
    const folder = mkdtempSync(path.join(tmpdir(), 'database-password-'));
    const socket = path.join(folder, 'sock');
    const there = net.createServer(mariaDb);
    await new Promise<void>((resolve) => there.listen(socket, resolve));
    const { port } = server.address() as AddressInfo;
    const bySocket = openDatabase({ ...account, host: '127.0.0.1', port, socket });
    await bySocket.run('test', (knex) => knex.raw('SELECT 1'));
    await bySocket.close();
    there.close();
    rmSync(folder, { recursive: true });
    comes(thief('8.0.36', 'caching_sha2_password', stolen));
    expect(await ask()).to.equal('database-unavailable');
    expect(stolen).to.deep.equal([]);
  });

  it('is encrypted with the key of a MySQL, where there was no MariaDB before', async () => {
    const stolen: string[] = [];
    serve = thief('8.0.36', 'caching_sha2_password', stolen);
    await ask();
    expect(stolen[0]).to.equal(`${PASSWORD}\0`);
  });

  it('is sent to nobody in clear', async () => {
    const heard: Buffer[] = [];
    serve = (socket) => {
      socket.on('data', (data) => heard.push(data));
      thief('8.0.36', 'mysql_clear_password', [])(socket);
    };
    expect(await ask()).to.equal('database-unavailable');
    expect(Buffer.concat(heard).toString('latin1')).not.to.include(PASSWORD);
  });
});
