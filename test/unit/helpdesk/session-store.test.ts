import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { Permissions } from '../../../plugin/domain/helpdesk/permissions.js';
import type { SessionRows } from '../../../plugin/domain/helpdesk/session.js';
import type { SidecarError } from '../../../plugin/errors.js';
import { createSessionFiles } from '../../../plugin/helpdesk/session-files.js';
import { createSessionReader } from '../../../plugin/helpdesk/session-reader.js';
import { fixedClock } from '../../support/fixed-clock.js';
import { settingsOf } from '../../support/samples.js';

const NOW = Date.parse('2026-11-24T12:00:00Z') / 1000;
const alive = (login: string): Record<string, string> => ({
  UserType: 'User',
  UserID: '1',
  UserLogin: login,
  UserRemoteAddr: '192.0.2.1',
  UserLastRequest: String(NOW - 10),
  UserSessionStart: String(NOW - 100),
});
const holding = (login: string): SessionRows => ({ read: async () => alive(login) });
const permissions: Permissions = {
  byLogin: async () => null,
  user: async () => ({ login: 'jane', valid: true, rights: [] }),
};

const readerOf = (settings: Record<string, unknown>, files: SessionRows = holding('files')) =>
  createSessionReader({
    settings: { current: async () => settingsOf(settings) },
    sessions: { DB: holding('rows'), FS: files },
    permissions,
    clock: fixedClock(),
  });

const refusal = (settings: Record<string, unknown>): Promise<SidecarError> =>
  readerOf(settings)
    .agent('abc', '192.0.2.1')
    .then(
      () => expect.fail('somebody was let in'),
      (error: SidecarError) => error,
    );

describe('a session', () => {
  it('belongs to nobody where its UserID is no number, and the database is not asked', async () => {
    for (const UserID of ['1 OR 1=1', 'NaN', '', 'jane', '1.5', '99999999999999999999', 'Infinity']) {
      const reader = createSessionReader({
        settings: { current: async () => settingsOf({}) },
        sessions: { DB: { read: async () => ({ ...alive('jane'), UserID }) }, FS: holding('files') },
        permissions: { ...permissions, user: () => expect.fail(`asked for ${UserID}`) },
        clock: fixedClock(),
      });
      expect(await reader.agent('abc', '192.0.2.1'), UserID).to.equal(null);
    }
  });
});

describe('the place where sessions are read', () => {
  it('is the one that SessionModule names', async () => {
    const asked: string[] = [];
    const noting = (name: string): SessionRows => ({
      async read() {
        asked.push(name);
        return null;
      },
    });
    for (const module of [undefined, 'Kernel::System::AuthSession::DB', 'Kernel::System::AuthSession::FS']) {
      const settings = settingsOf(module ? { SessionModule: module } : {});
      const reader = createSessionReader({
        settings: { current: async () => settings },
        sessions: { DB: noting('DB'), FS: noting('FS') },
        permissions,
        clock: fixedClock(),
      });
      expect(await reader.agent('abc', '192.0.2.1')).to.equal(null);
    }
    expect(asked).to.deep.equal(['DB', 'DB', 'FS']);
  });

  it('does not exist without cookies or with a module of the site, and everybody who asks is told so', async () => {
    const withoutCookie = await refusal({ SessionUseCookie: '0' });
    expect([withoutCookie.code, withoutCookie.status]).to.deep.equal(['session-unreadable', 501]);
    expect(withoutCookie.detail).to.contain('SessionUseCookie is off');
    const own = await refusal({ SessionModule: 'Kernel::System::AuthSession::Redis' });
    expect(own.detail).to.contain('"Kernel::System::AuthSession::Redis"').and.contain('AuthSession::FS');
  });
});

describe('sessions in files', () => {
  let home: string;
  let folder: string;
  beforeEach(() => {
    home = mkdtempSync(path.join(os.tmpdir(), 'session-files-'));
    folder = path.join(home, 'var/sessions');
    mkdirSync(folder, { recursive: true });
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));
  const files = (settings: Record<string, unknown> = {}) =>
    createSessionFiles({ settings: { current: async () => settingsOf(settings) }, home });

  /** nfreeze({ UserID => 3, UserLogin => 'jane', Structure => [] }) */
  const FROZEN = Buffer.concat([
    Buffer.from('050b03000000030883', 'hex'),
    Buffer.from([0, 0, 0, 6]),
    Buffer.from('UserID'),
    Buffer.from([10, 4]),
    Buffer.from('jane'),
    Buffer.from([0, 0, 0, 9]),
    Buffer.from('UserLogin'),
    Buffer.from('040200000000', 'hex'),
    Buffer.from([0, 0, 0, 9]),
    Buffer.from('Structure'),
  ]);

  it('are read from SessionDir, and only their texts', async () => {
    writeFileSync(path.join(folder, 'Data-10abc'), FROZEN);
    expect(await files().read('10abc')).to.deep.equal({ UserID: '3', UserLogin: 'jane' });
    expect(await files({ SessionDir: folder }).read('10abc')).to.deep.equal({
      UserID: '3',
      UserLogin: 'jane',
    });
    expect(await files({ SessionDir: path.join(home, 'elsewhere') }).read('10abc')).to.equal(null);
  });

  it('never lead out of the folder', async () => {
    writeFileSync(path.join(home, 'var/Data-x'), FROZEN);
    for (const id of ['../Data-x', '/../../Data-x', '..', '.', '', 'a/b', 'a\0', '10ABC', 'é'])
      expect(await files().read(id), id).to.equal(null);
  });

  it('are read again while they are being written; one that stays broken is reported', async () => {
    const file = path.join(folder, 'Data-10abc');
    writeFileSync(file, FROZEN.subarray(0, 20));
    const reading = files().read('10abc');
    setTimeout(() => writeFileSync(file, FROZEN), 10);
    expect(await reading).to.deep.equal({ UserID: '3', UserLogin: 'jane' });
    writeFileSync(file, 'nonsense');
    const error = await files()
      .read('10abc')
      .then(
        () => expect.fail('it was read'),
        (fault: SidecarError) => fault,
      );
    expect(error.code).to.equal('session-unreadable');
  });
});
