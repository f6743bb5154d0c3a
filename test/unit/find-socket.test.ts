import { expect } from 'chai';
import { findSocket } from '../../db/dialect/find-socket.js';
import { USUAL_SOCKETS } from '../../plugin/config/database-credentials.js';

describe('the socket of the database server', () => {
  const among =
    (...paths: string[]) =>
    (path: string): boolean =>
      paths.includes(path);

  it('is the first of the usual ones that exists when the connection is opened', () => {
    const [debian = '', rhel = ''] = USUAL_SOCKETS;
    expect(findSocket(USUAL_SOCKETS, among(rhel))).to.equal(rhel);
    expect(findSocket(USUAL_SOCKETS, among(rhel, debian))).to.equal(debian);
    expect(findSocket('/srv/db.sock', among(debian, '/srv/db.sock'))).to.equal('/srv/db.sock');
    expect(findSocket(null, among(debian))).to.equal(null);
  });

  it('is never replaced by a port or by another one that exists', () => {
    expect(findSocket('/srv/db.sock', among(...USUAL_SOCKETS))).to.equal('/srv/db.sock');
    expect(findSocket(USUAL_SOCKETS, among('/tmp/mysql.sock'))).to.equal(USUAL_SOCKETS[0]);
  });
});
