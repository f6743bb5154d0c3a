import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls';
import { MEMORY_SETTINGS } from '../../plugin/install/memory-settings.js';
import { CREDENTIALS, type Instance } from '../lab/instance.js';
import { giveToLabUser } from '../lab/lab-user.js';
import { freePort, pause } from '../lab/ports.js';
import { type Line, medianOf, memoryOf, timed } from './measure.js';

const [SUPPORT, SALES] = CREDENTIALS.mailboxes;
const SMALL = 10_000;
const LARGE = { count: 4, bytes: 25e6 };
const ROUNDS = 5;
const AT_ONCE = 500;
/** How long connections rest before their memory is looked at, in milliseconds, and how often it is. */
const REST = 25_000;
const LOOKS = 10;
/** So many connections open at the same time; the first of them are not counted, because they load code. */
const TOGETHER = 25;

/** A connection of IMAP that sends a command and counts the bytes of its answer. */
function imapOn(socket: Socket) {
  let tail = '';
  let bytes = 0;
  let wake: (() => void) | undefined;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    tail = (tail + chunk.toString('latin1', Math.max(0, chunk.length - 2000))).slice(-2000);
    wake?.();
  });
  return {
    socket,
    async command(tag: string, text: string): Promise<number> {
      const before = bytes;
      socket.write(`${tag} ${text}\r\n`);
      const end = new RegExp(`(^|\r\n)${tag} (OK|NO|BAD) [^\r\n]*\r\n$`);
      while (!end.test(tail)) await new Promise<void>((resolve) => (wake = resolve));
      if (!new RegExp(`(^|\r\n)${tag} OK`).test(tail)) throw new Error(tail);
      return bytes - before;
    },
  };
}

const opened = (socket: Socket, event: string): Promise<Socket> =>
  new Promise((resolve, reject) => socket.once(event, () => resolve(socket)).once('error', reject));

function fill(of: Instance, user: string, count: number, body: string): void {
  for (let number = 0; number < count; number++) {
    const file = path.join(of.mail, user, 'cur', `${Date.now()}.${randomUUID()}.lab:2,`);
    writeFileSync(file, `From: a@example.test\r\nTo: ${user}\r\nSubject: ${number}\r\n\r\n${body}\r\n`);
    giveToLabUser(file);
  }
}

/** The relay beside a direct connection, on the same Dovecot in the same run; the larger ratio is the better one. */
export async function measureRelay(of: Instance, compiled = true): Promise<Line[]> {
  const { grantedConfig, removeConfigs } = await import('../support/granted-config.js');
  const { storedToken } = await import('../support/stored-token.js');
  const { relayPassword, relaySidecar } = await import('../support/relay.js');
  const name = `Relay bench ${Date.now()}`;
  const configId = await grantedConfig(name);
  const relay = await relaySidecar({}, { compiled });
  const lines: Line[] = [];
  try {
    const { password } = await relayPassword(configId, SUPPORT);
    const { token } = await storedToken(configId);
    const answer = Buffer.from(`user=${SUPPORT}\x01auth=Bearer ${token}\x01\x01`).toString('base64');
    const direct = async () => {
      const to = { host: '127.0.0.1', port: of.ports.imaps, rejectUnauthorized: false };
      const imap = imapOn(await opened(connectTls(to), 'secureConnect'));
      await imap.command('a', `AUTHENTICATE XOAUTH2 ${answer}`);
      return imap;
    };
    const relayed = async () => {
      const imap = imapOn(await opened(connect(relay.ports.imap, '127.0.0.1'), 'connect'));
      await imap.command('a', `LOGIN ${SUPPORT} ${password}`);
      return imap;
    };
    const ways = { direct, relayed };

    const signIns = { direct: [] as number[], relayed: [] as number[] };
    for (let round = 0; round < 40; round++)
      for (const way of ['direct', 'relayed'] as const)
        signIns[way].push(await timed(async () => (await ways[way]()).socket.destroy()));
    const [theirs, ours] = [medianOf(signIns.direct), medianOf(signIns.relayed)];
    lines.push({
      what: 'relay: sign-in, beside a direct one',
      ours: `${ours.toFixed(1)} ms`,
      theirs: `${theirs.toFixed(1)} ms`,
      ratio: (ours / theirs).toFixed(2),
      target: '≤ 1.3',
      met: ours / theirs <= 1.3,
    });

    const folder = path.join(of.mail, SUPPORT, 'cur');
    for (const [what, count, body] of [
      [
        `${LARGE.count} mails of ${LARGE.bytes / 1e6} MB`,
        LARGE.count,
        `${'x'.repeat(76)}\r\n`.repeat(LARGE.bytes / 78),
      ],
      [`${SMALL} small mails`, SMALL, 'Please help.'],
    ] as const) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      giveToLabUser(folder);
      fill(of, SUPPORT, count, body);
      const speeds = { direct: [] as number[], relayed: [] as number[] };
      for (let round = 0; round <= ROUNDS; round++)
        for (const way of round % 2 ? (['direct', 'relayed'] as const) : (['relayed', 'direct'] as const)) {
          const imap = await ways[way]();
          await imap.command('b', 'EXAMINE INBOX');
          let bytes = 0;
          const took = await timed(async () => {
            bytes = await imap.command('c', 'FETCH 1:* (FLAGS UID BODY.PEEK[])');
          });
          imap.socket.destroy();
          if (bytes < count * body.length) throw new Error(`${what}: ${bytes} bytes`);
          // The first round fills caches.
          if (round > 0) speeds[way].push(bytes / took / 1000);
        }
      const [slow, fast] = [medianOf(speeds.relayed), medianOf(speeds.direct)];
      lines.push({
        what: `relay: ${what}, beside a direct connection`,
        ours: `${slow.toFixed(0)} MB/s`,
        theirs: `${fast.toFixed(0)} MB/s`,
        ratio: (slow / fast).toFixed(2),
        target: '≥ 0.9',
        met: slow / fast >= 0.9,
      });
    }
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    giveToLabUser(folder);
  } finally {
    await relay.stop();
    await removeConfigs([name]);
  }
  return [...lines, ...(await manyConnections(of, compiled))];
}

/**
 * Opens connections until there are AT_ONCE, and looks at the memory when they have rested: until Node.js has had the time to
 * collect what the sign-ins have left, it differs by some 3 MB from run to run.
 * @returns KB that each takes after the first, and MB of the whole process
 */
async function memoryOfEach(
  pid: number,
  open: () => Promise<unknown>,
): Promise<{ each: number; whole: number }> {
  const atRest = async () => {
    await pause(REST);
    const looks: number[] = [];
    while (looks.push(memoryOf(pid).now) < LOOKS) await pause(1000);
    return medianOf(looks);
  };
  await open();
  const before = await atRest();
  for (let count = TOGETHER; count < AT_ONCE; count += TOGETHER) await open();
  const whole = await atRest();
  return { each: ((whole - before) * 1024) / (AT_ONCE - TOGETHER), whole };
}

/** What Node.js itself takes for the same connections to the same server, without a relay. */
async function bareTls(port: number): Promise<{ each: number; whole: number }> {
  const child = fork(path.join(import.meta.dirname, 'bare-tls.ts'), [String(port)], {
    execArgv: ['--max-semi-space-size=2', '--import', 'tsx'],
    env: { ...process.env, ...MEMORY_SETTINGS },
  });
  try {
    return await memoryOfEach(child.pid ?? 0, async () => {
      const opened = once(child, 'message');
      child.send(TOGETHER);
      await opened;
    });
  } finally {
    child.kill();
  }
}

/** Many idle connections, to a mail server that costs nothing itself: Dovecot permits ten for each user. */
async function manyConnections(of: Instance, compiled: boolean): Promise<Line[]> {
  const { grantedConfig, removeConfigs } = await import('../support/granted-config.js');
  const { relayPassword, relaySidecar } = await import('../support/relay.js');
  const name = `Relay bench many ${Date.now()}`;
  const configId = await grantedConfig(name);
  const folder = path.join(of.dir, 'dovecot');
  const secureContext = createSecureContext({
    key: readFileSync(path.join(folder, 'key.pem')),
    cert: readFileSync(path.join(folder, 'cert.pem')),
  });
  const server = createServer((plain) => {
    const socket = new TLSSocket(plain, { isServer: true, secureContext });
    for (const each of [plain, socket]) each.on('error', () => undefined);
    socket.write('* OK ready\r\n');
    socket.on('data', (chunk: Buffer) => {
      const [, tag] = /^(\w+) AUTHENTICATE/.exec(chunk.toString('latin1')) ?? [];
      socket.write(tag === undefined ? 'a1 OK [CAPABILITY IMAP4rev1] Signed in\r\n' : '+ \r\n');
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const relay = await relaySidecar({}, { compiled });
  const clients: Socket[] = [];
  try {
    const { password } = await relayPassword(configId, SALES, { imap: `IMAPS:127.0.0.1:${port}` });
    const one = async () => {
      const imap = imapOn(await opened(connect(relay.ports.imap, '127.0.0.1'), 'connect'));
      clients.push(imap.socket);
      await imap.command('a', `LOGIN ${SALES} ${password}`);
    };
    const bare = await bareTls(port);
    const ours = await memoryOfEach(relay.pid(), () => Promise.all(Array.from({ length: TOGETHER }, one)));
    return [
      {
        what: `relay: ${clients.length} connections at once, each, beside bare TLS of Node.js`,
        ours: `${ours.each.toFixed(0)} KB`,
        theirs: `${bare.each.toFixed(0)} KB`,
        ratio: (ours.each / bare.each).toFixed(2),
        target: '< 40 KB',
        met: ours.each < 40,
      },
      {
        what: '  the whole process then',
        ours: `${ours.whole.toFixed(0)} MB`,
        theirs: `${bare.whole.toFixed(0)} MB`,
        target: '< 150 MB',
        met: ours.whole < 150,
      },
    ];
  } finally {
    for (const socket of clients) socket.destroy();
    server.close();
    await relay.stop();
    await removeConfigs([name]);
  }
}
