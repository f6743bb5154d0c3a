import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { COMMANDS } from '../../plugin/cli/commands.js';
import { tableChecksums } from '../support/database.js';
import { HOSTILE, oneOf, randomOf } from '../support/hostile-values.js';
import { znunyOauth2 } from '../support/lab.js';

/** `FUZZ_SEED=7 FUZZ_CALLS=500 npx mocha test/e2e/cli-no-stack-trace.test.ts` repeats a run, with more calls. */
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);
const CALLS = Number(process.env.FUZZ_CALLS ?? 24);
/** Commands that keep running, or change the machine: they have tests of their own below. */
const LEFT_OUT = ['serve', 'install', 'uninstall', 'package'];

const state = async () =>
  JSON.stringify(await tableChecksums(['oauth2_token_config', 'oauth2_token', 'mail_account', 'users']));

describe(`the command line prints no stack trace (FUZZ_SEED=${SEED})`, function () {
  this.timeout(20 * 60_000);
  const random = randomOf(SEED);
  let folder: string;
  let before: string;

  let server: Server | undefined;
  /** A loopback port on which a server listens. */
  async function taken(): Promise<AddressInfo> {
    server = createServer();
    await new Promise<void>((listening) => server?.listen(0, '127.0.0.1', listening));
    return server.address() as AddressInfo;
  }
  after(() => server?.close());

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'cli-hostile-'));
    before = await state();
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    expect(await state()).to.equal(before);
  });

  async function refused(words: string[], codes: number[], env: Record<string, string> = {}, input = '') {
    const { code, out, err } = await znunyOauth2(words, input, env);
    const shown = `${JSON.stringify(words).slice(0, 400)} ${JSON.stringify(env)}: ${code}\n${err.slice(0, 2000)}`;
    expect(codes, shown).to.include(code);
    expect(/^\s+at |node:internal|\(internal\)/m.test(err + out), shown).to.equal(false);
    return err;
  }

  it('for bad files, each of which is refused with a message and changes nothing', async () => {
    const file = (name: string, content: string | Buffer) => {
      writeFileSync(path.join(folder, name), content);
      return path.join(folder, name);
    };
    mkdirSync(path.join(folder, 'sub'));
    const yaml = '- Name: Hostile\n  Config: {}\n';
    const wrong: [string, number[]][] = [
      [file('binary', Buffer.from([0, 255, 254, 1, 2, 3])), [1]],
      [file('utf-16', Buffer.from(`\ufeff${yaml}`, 'utf16le')), [1]],
      [file('latin-1', Buffer.from('- Name: \xe4\n  Config: {}', 'latin1')), [1]],
      [file('empty', ''), [1]],
      [file('deep', `- Name: Deep\n  Config: { a: ${'['.repeat(4000)}${']'.repeat(4000)} }`), [1]],
      [file('open', '['.repeat(300_000)), [1]],
      [file('wide', `- Name: Wide\n  Config: { a: [${'1,'.repeat(100_000)}] }`), [1]],
      [file('huge', Buffer.alloc(11 * 1024 * 1024, 'a')), [2]],
      [file('escapes', `- Name: "${'\\q'.repeat(100_000)}"`), [1]],
      [path.join(folder, 'sub'), [2]],
      [path.join(folder, 'missing'), [2]],
      ['/dev/null', [1]],
      ['/dev/zero', [2]],
      ['/proc/self/mem', [2]],
      ['-', [1]],
    ];
    for (const [name, codes] of wrong) await refused(['config', 'import', name, '--overwrite'], codes);
    const bom = file('bom', `\ufeff${yaml}`);
    await refused(['config', 'import', bom, '--dry-run'], [0]);
    const fifo = path.join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    spawn('sh', ['-c', 'cat "$0" > "$1"', bom, fifo], { stdio: 'ignore' });
    await refused(['config', 'import', fifo, '--dry-run'], [0]);
    await refused(['config', 'export', '--output', folder], [2]);
    await refused(['config', 'export', '--output', path.join(folder, 'none', 'file')], [2]);
  });

  it('for bad homes, each of which is refused with a message', async () => {
    writeFileSync(path.join(folder, 'file'), '');
    mkdirSync(path.join(folder, 'Kernel', 'Config.pm'), { recursive: true });
    for (const home of [folder, path.join(folder, 'file'), '/nowhere', '/dev/null', 'ä'.repeat(300)])
      await refused(['config', 'list', '--home', home], [1]);
    await refused(['config', 'list'], [1], { SIDECAR_PORT: 'x' });
    await refused(['config', 'list'], [1], { SIDECAR_CONFIG: folder });
    await refused(['config', 'list'], [1], { SIDECAR_ALLOW_ADDRESSES: 'everything' });
  });

  it(`for ${CALLS} calls with hostile words and options`, async () => {
    const words = HOSTILE.filter((text) => !text.includes('\0'));
    const names = Object.keys(COMMANDS).filter((name) => !LEFT_OUT.includes(name));
    for (let n = 0; n < CALLS; n++) {
      const name = names[n % names.length] ?? '';
      const { command } = (await COMMANDS[name]?.()) ?? {};
      const options = Object.entries(command?.options ?? {}).filter(
        // One check of the doctor writes.
        ([option]) => !['output', 'yes', 'read-only'].includes(option),
      );
      const given = Array.from({ length: Math.floor(random() * 3) }, () => {
        const [option, { value }] = oneOf(
          options.length > 0 ? options : [['json', {} as never] as never],
          random,
        ) as [string, { value?: string }];
        return value ? `--${option}=${oneOf(words, random)}` : `--${option}`;
      });
      const rest = (command?.arguments ?? []).map(() => oneOf(words, random));
      const extra = random() < 0.2 ? [oneOf(words, random)] : [];
      const fixed = name === 'doctor' ? ['--read-only'] : [];
      await refused([...name.split(' '), ...fixed, ...rest, ...given, ...extra], [0, 1, 2, 3, 4]);
    }
  });

  /** The files of this machine that an installation would change. */
  const machine = () =>
    [
      '/etc/znuny-oauth2',
      '/etc/systemd/system',
      '/etc/apache2',
      '/etc/passwd',
      '/etc/group',
      '/run/znuny-oauth2',
    ]
      .filter((file) => existsSync(file))
      .map((file) => execFileSync('ls', ['-lanR', '--time-style=full-iso', file]).toString())
      .join('');

  for (const name of ['install', 'uninstall'])
    it(`for ${name} --dry-run with hostile options, which is refused with a message or planned, and changes nothing`, async () => {
      const there = machine();
      const words = [...HOSTILE.filter((text) => !text.includes('\0')), '/dev/zero', folder, '127.0.0.1:1'];
      const { command } = (await COMMANDS[name]?.()) ?? {};
      const options = Object.entries(command?.options ?? {}).filter(
        ([option]) => !['dry-run', 'root'].includes(option),
      );
      // Each option once, with a value from the seed; then several together.
      const turns = options.map((option) => [option]);
      for (let n = 0; n < CALLS / 6; n++)
        turns.push([oneOf(options, random), oneOf(options, random), oneOf(options, random)]);
      for (const turn of turns) {
        const given = turn.map(([option, { value }]) =>
          value ? `--${option}=${oneOf(words, random)}` : `--${option}`,
        );
        await refused([name, '--dry-run', '--root', folder, ...given], [0, 1, 2], {
          SIDECAR_DATABASE_ADMIN_PASSWORD: oneOf(['', 'a-password-that-nobody-has'], random),
        });
      }
      for (const root of ['/dev/null', '/dev/null/x', path.join(folder, 'none'), ''])
        await refused([name, '--dry-run', '--root', root], [2]);
      await refused([name, '--dry-run', oneOf(words, random)], [2]);
      expect(machine()).to.equal(there);
      expect(readdirSync(folder)).to.deep.equal([]);
    });

  it('for package and serve, which end with a message where they cannot work', async () => {
    for (const file of [
      folder,
      path.join(folder, 'none', 'x'),
      '/dev/full',
      '',
      '/proc/none',
      'ä'.repeat(300),
    ])
      await refused(['package', '--output', file], [2]);
    await refused(['package', 'x'], [2]);
    for (const words of [['x'], ['--port=1'], ['--home'], ['--home=/nowhere'], [`--home=${folder}`]])
      await refused(['serve', ...words], words[0]?.startsWith('--home=') ? [1] : [2]);
    const { port } = await taken();
    for (const env of [
      { SIDECAR_PORT: 'x' },
      { SIDECAR_PORT: '65536' },
      { SIDECAR_PORT: String(port), SIDECAR_SOCKET: '' },
      { SIDECAR_HOST: 'everywhere' },
      { SIDECAR_WEB_SERVER: 'helpdesk' },
      { SIDECAR_SOCKET: 'relative' },
      { SIDECAR_SOCKET: '/proc/none/sock' },
      { SIDECAR_SECRET: 'short' },
      { SIDECAR_DATABASE_SERVER: 'x' },
      { SIDECAR_DATABASE_PASSWORD: '' },
      { SIDECAR_STATE: '/proc/none' },
      { SIDECAR_STATE: '/dev/null/x' },
      { LOG_LEVEL: 'loud' },
      { HELPDESK_SETTINGS: folder },
      { HELPDESK_DATABASE_DSN: 'x' },
      { NODE_ENV: 'production', DEBUG: '*' },
    ])
      await refused(['serve'], [1], env);
  });
});
