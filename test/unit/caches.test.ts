import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { createCaches } from '../../plugin/helpdesk/caches.js';
import { until } from '../lab/ports.js';
import { settingsReader } from '../support/samples.js';

describe("the helpdesk's cached lists", () => {
  let home: string;
  const lines: unknown[] = [];
  const commands: string[][] = [];
  const line = (facts: object) => void lines.push(facts);
  const waiting: (() => void)[] = [];
  const caches = (values = {}, cachesTokens = false) =>
    createCaches({
      cachesTokens,
      later: (work) => void waiting.push(work),
      settings: settingsReader(values),
      home,
      console: async (...args: string[]) => {
        commands.push(args);
        return '';
      },
      log: { info: line, warn: line, error: line },
    });
  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'caches-'));
    lines.length = 0;
    commands.length = 0;
    waiting.length = 0;
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it('are removed file by file; the folders stay, because the helpdesk may be about to write into them', async () => {
    const folder = path.join(home, 'var/tmp/CacheFileStorable');
    const file = (type: string) => path.join(folder, type, 'e/0', 'e0aa');
    for (const type of ['OAuth2TokenConfig', 'OAuth2Token', 'User']) {
      mkdirSync(path.dirname(file(type)), { recursive: true });
      writeFileSync(file(type), 'x');
    }
    await caches().forgetTokenConfigs();
    const there = ['OAuth2TokenConfig', 'OAuth2Token', 'User'].map((type) => existsSync(file(type)));
    expect(there).to.deep.equal([false, false, true]);
    for (const type of ['OAuth2TokenConfig', 'OAuth2Token'])
      expect(existsSync(path.dirname(file(type))), type).to.equal(true);
    await caches().forgetTokenConfigs();
    expect([lines, commands]).to.deep.equal([[], []]);
  });

  it('are removed a second time where each token is cached, because a fetch may have put an old one back', async () => {
    const file = path.join(home, 'var/tmp/CacheFileStorable/OAuth2Token/e/0/e0aa');
    mkdirSync(path.dirname(file), { recursive: true });
    await caches().forgetTokenConfigs();
    expect(waiting).to.have.length(0);
    await caches({}, true).forgetTokenConfigs();
    writeFileSync(file, 'x');
    expect(waiting).to.have.length(1);
    waiting[0]?.();
    await until('the file is gone', async () => !existsSync(file));
  });

  it('need no cleaning when the helpdesk has cached nothing yet', async () => {
    await caches().forgetTokenConfigs();
    expect(lines).to.deep.equal([]);
  });

  it('are cleaned by the console when another cache module is in use', async () => {
    await caches({ 'Cache::Module': 'Kernel::System::Cache::Redis' }).forgetTokenConfigs();
    expect(commands).to.deep.equal([
      ['Maint::Cache::Delete', '--type', 'OAuth2TokenConfig'],
      ['Maint::Cache::Delete', '--type', 'OAuth2Token'],
    ]);
  });

  it('include the outbound email profiles of Znuny 7.3, which hold the name of a configuration', async () => {
    const profiles = path.join(home, 'var/tmp/CacheFileStorable/SendmailConfig/a/b/ab01');
    for (const name of [profiles, path.join(home, 'Kernel/System/SendmailConfig.pm')]) {
      mkdirSync(path.dirname(name), { recursive: true });
      writeFileSync(name, '');
    }
    await caches().forgetTokenConfigs();
    expect(existsSync(profiles)).to.equal(false);
    await caches({ 'Cache::Module': 'Kernel::System::Cache::Redis' }).forgetTokenConfigs();
    expect(commands.map((words) => words.at(-1))).to.deep.equal([
      'OAuth2TokenConfig',
      'OAuth2Token',
      'SendmailConfig',
    ]);
  });
});
