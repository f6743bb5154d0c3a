import { expect } from 'chai';
import { USUAL_SOCKETS } from '../../../plugin/config/database-credentials.js';
import { isSidecarError } from '../../../plugin/errors.js';
import { addressOfAdmin, localSocket } from '../../../plugin/install/database-admin.js';

const USUAL = '/run/mysqld/mysqld.sock';
const tls = { ca: null, cert: null, key: null, ciphers: null, checksCertificate: true, checksName: true };
const helpdesk = {
  host: '127.0.0.1',
  port: 3306,
  socket: null as string | null,
  database: 'otrs',
  user: 'otrs',
  password: 'of-the-helpdesk',
  tls,
};
const nobody = { login: 'admin', password: '', socket: null, host: null };
const somebody = { ...nobody, password: 'of-the-admin' };

describe('the password of the user who may create database users', () => {
  it('is sent nowhere that only Config.pm names', () => {
    for (const [named, usual, confirmed] of [
      [{ host: 'db.example.com', port: 3307 }, USUAL, '--database-host db.example.com:3307'],
      [{ host: 'db.example.com' }, null, '--database-host db.example.com:3306'],
      [{ host: 'fd00::5' }, null, '--database-host [fd00::5]:3306'],
      [{ port: 4444 }, null, '--database-host 127.0.0.1:4444'],
      [{ socket: '/opt/otrs/var/tmp/sock' }, null, '--database-socket /opt/otrs/var/tmp/sock'],
      [{ host: 'db;reboot' }, null, '--database-host …'],
      [{ socket: '/tmp/$(reboot)\u001b[2J' }, null, '--database-socket …'],
    ] as const) {
      const address = { ...helpdesk, ...named };
      let refusal: unknown;
      try {
        addressOfAdmin(address, somebody, usual);
      } catch (error) {
        refusal = error;
      }
      if (!isSidecarError(refusal)) throw new Error(`not refused: ${confirmed}`);
      expect(refusal.code).to.equal('config-invalid');
      expect(refusal.detail).to.include(confirmed).and.not.include(somebody.password);
    }
  });

  it('goes to no port where Config.pm names only localhost and the usual sockets are missing', () => {
    const local = { ...helpdesk, host: 'localhost', socket: USUAL_SOCKETS };
    for (const admin of [somebody, nobody])
      expect(addressOfAdmin(local, admin, null)).to.include({ socket: USUAL_SOCKETS, tls: null });
  });

  it('goes to the usual socket of this machine, whatever socket or port Config.pm names there', () => {
    for (const named of [{}, { port: 4444 }, { socket: '/opt/otrs/var/tmp/sock' }, { socket: USUAL }])
      expect(addressOfAdmin({ ...helpdesk, ...named }, somebody, USUAL)).to.include({
        socket: USUAL,
        tls: null,
        user: 'admin',
        password: 'of-the-admin',
      });
  });

  it('finds the usual socket only where a server listens on it: the folder may be that of a client', () => {
    const postgres = { ...helpdesk, family: 'postgres', port: 5433 } as const;
    const machine =
      (...files: string[]) =>
      (file: string) =>
        files.includes(file);
    const folder = '/var/run/postgresql';
    expect(localSocket(postgres, machine(folder))).to.equal(null);
    expect(localSocket(postgres, machine(folder, `${folder}/.s.PGSQL.5432`))).to.equal(null);
    expect(localSocket(postgres, machine(folder, `${folder}/.s.PGSQL.5433`))).to.equal(folder);
    expect(localSocket(helpdesk, machine(USUAL))).to.equal(USUAL);
  });

  it("goes where the command line says, with the helpdesk's TLS unless that is a socket", () => {
    const remote = { ...helpdesk, host: 'other.example.com', socket: '/opt/otrs/var/tmp/sock' };
    for (const [host, at] of [
      ['db.example.com', { host: 'db.example.com', port: 3306 }],
      ['db.example.com:3307', { host: 'db.example.com', port: 3307 }],
      ['127.0.0.1:3307', { host: '127.0.0.1', port: 3307 }],
      ['[fd00::5]:3307', { host: 'fd00::5', port: 3307 }],
      ['fd00::5', { host: 'fd00::5', port: 3306 }],
    ] as const)
      expect(addressOfAdmin(remote, { ...somebody, host }, USUAL), host).to.include({
        ...at,
        socket: null,
        tls,
      });
    for (const host of ['localhost', 'localhost:3307'])
      expect(addressOfAdmin(remote, { ...somebody, host }, null)).to.include({
        socket: USUAL_SOCKETS,
        tls: null,
      });
    expect(addressOfAdmin(remote, { ...somebody, socket: '/srv/sock' }, USUAL)).to.include({
      socket: '/srv/sock',
      tls: null,
    });
    for (const host of ['', 'a b', 'db:0', 'db:70000', 'db/x', '[x]', 'a:b:c'])
      expect(() => addressOfAdmin(remote, { ...somebody, host }, USUAL), host).to.throw(
        '--database-host takes',
      );
  });

  it('may be missing: then the server that Config.pm names is used', () => {
    expect(addressOfAdmin(helpdesk, nobody, USUAL)).to.include({ socket: USUAL, tls: null });
    expect(addressOfAdmin({ ...helpdesk, socket: '/srv/sock' }, nobody, USUAL).socket).to.equal('/srv/sock');
    expect(addressOfAdmin({ ...helpdesk, host: 'db.example.com' }, nobody, USUAL)).to.include({
      host: 'db.example.com',
      socket: null,
    });
  });
});
