import { createPublicKey, generateKeyPairSync, privateDecrypt, constants as rsa } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { openDatabase } from '../../db/database.js';
import { isSidecarError } from '../../plugin/errors.js';
import { fingerprint } from '../../plugin/lib/public-key.js';

const PASSWORD = 'the-password-of-the-database';
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

/** Treats every client as an account that it has not seen yet, and sends a key of its own. */
function thief(version: string, plugin: string, stolen: string[]) {
  return (socket: net.Socket): void => {
    socket.write(greeting(version, 'mysql_native_password'));
    const answers = [
      packet(2, Buffer.concat([Buffer.from(`\xfe${plugin}\0`, 'latin1'), SCRAMBLE, Buffer.from([0])])),
      packet(4, Buffer.from([1, 4])),
      packet(6, Buffer.concat([Buffer.from([1]), Buffer.from(publicKey)])),
    ];
    if (plugin === 'sha256_password')
      answers.splice(1, 2, packet(4, Buffer.concat([Buffer.from([1]), Buffer.from(publicKey)])));
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

/** Requests the password over a socket, where MySQL accepts it in clear text. */
function thiefAtSocket(stolen: string[]) {
  return (socket: net.Socket): void => {
    socket.write(greeting('8.0.36', 'mysql_native_password'));
    const answers = [
      packet(
        2,
        Buffer.concat([Buffer.from('\xfecaching_sha2_password\0', 'latin1'), SCRAMBLE, Buffer.from([0])]),
      ),
      packet(4, Buffer.from([1, 4])),
    ];
    socket.on('data', (data) => {
      const answer = answers.shift();
      if (answer) return void socket.write(answer);
      stolen.push(data.subarray(4).toString('latin1'));
      socket.destroy();
    });
  };
}

describe('the database password', () => {
  let server: net.Server;
  let where: { host: string; port: number; socket: string | null };
  let folder: string;
  let stolen: string[];
  let thieves: ((socket: net.Socket) => void)[];
  const heard: Buffer[] = [];

  beforeEach(async () => {
    stolen = [];
    thieves = [];
    folder = mkdtempSync(path.join(tmpdir(), 'database-password-'));
    server = net.createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (data) => heard.push(data));
      thieves[0]?.(socket);
    });
  });
  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  async function listen(at: string | null, asks: (socket: net.Socket) => void): Promise<void> {
    thieves = [asks];
    await new Promise<void>((resolve) =>
      at === null ? server.listen(0, '127.0.0.1', resolve) : server.listen(at, resolve),
    );
    const { port = 1 } = (at === null ? server.address() : {}) as Partial<AddressInfo>;
    where = { host: '127.0.0.1', port, socket: at };
  }
  /** @returns the message for a person */
  async function ask(known?: readonly string[]): Promise<string> {
    const database = openDatabase(
      { ...where, ...account, ...(known ? { server: known } : {}) },
      { timeoutMs: 20_000 },
    );
    try {
      await database.run('test', (knex) => knex.raw('SELECT 1'));
      return 'let in';
    } catch (error) {
      if (!isSidecarError(error)) throw error;
      expect(error.code).to.equal('database-unavailable');
      return error.detail ?? '';
    } finally {
      await database.close();
    }
  }
  const KEY = fingerprint(createPublicKey(publicKey));
  const OTHER = `SHA256:${'A'.repeat(43)}`;

  for (const plugin of ['caching_sha2_password', 'sha256_password'])
    for (const version of ['8.0.36', '5.5.5-10.11.6-MariaDB'])
      it(`is not revealed at a port to a server that is not known: ${plugin}, ${version}`, async () => {
        await listen(null, thief(version, plugin, stolen));
        expect(await ask()).to.include('Run "znuny-oauth2 install"');
        for (const known of [['mariadb'], [OTHER], ['mariadb', OTHER]])
          expect(await ask(known)).to.include('does not match SIDECAR_DATABASE_SERVER');
        expect(stolen).to.deep.equal([]);
      });

  for (const plugin of ['caching_sha2_password', 'sha256_password'])
    it(`is revealed by ${plugin} to a server that shows a known key, encrypted with that key`, async () => {
      await listen(null, thief('8.0.36', plugin, stolen));
      for (const known of [[KEY], [OTHER, KEY], ['any']]) await ask(known);
      expect(stolen).to.deep.equal(Array.from({ length: 3 }, () => `${PASSWORD}\0`));
    });

  it('is revealed over a socket, unless any local user could have created it', async () => {
    await listen(path.join(folder, 'sock'), thiefAtSocket(stolen));
    await ask();
    await ask([OTHER]);
    expect(stolen).to.deep.equal([`${PASSWORD}\0`, `${PASSWORD}\0`]);
    stolen.length = 0;
    expect(await ask(['mariadb'])).to.include('does not match SIDECAR_DATABASE_SERVER');
    chmodSync(folder, 0o1777);
    expect(await ask()).to.include('was not sent');
    expect(stolen).to.deep.equal([]);
  });

  it('is never sent in clear text', async () => {
    heard.length = 0;
    await listen(null, thief('8.0.36', 'mysql_clear_password', []));
    for (const known of [[], ['any'], [KEY]]) expect(await ask(known)).to.not.equal('let in');
    expect(Buffer.concat(heard).length).to.be.greaterThan(0);
    expect(Buffer.concat(heard).toString('latin1')).not.to.include(PASSWORD);
  });
});
