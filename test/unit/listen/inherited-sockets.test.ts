import { expect } from 'chai';
import { inheritedSockets } from '../../../plugin/listen/inherited-sockets.js';

const yes = () => true;
const take = (env: Record<string, string>, check: (fd: number) => boolean = yes) =>
  inheritedSockets({ LISTEN_PID: '77', ...env }, 77, check).http;

describe('the sockets passed on by systemd', () => {
  it('begin with file descriptor 3', () => {
    expect(take({ LISTEN_FDS: '1' })).to.deep.equal([3]);
    expect(take({ LISTEN_FDS: '2', LISTEN_FDNAMES: 'a:b' })).to.deep.equal([3, 4]);
  });

  it('are those named after our unit, where there are any', () => {
    expect(take({ LISTEN_FDS: '3', LISTEN_FDNAMES: 'other:http:http' })).to.deep.equal([4, 5]);
  });

  it('go to the relay where they are named after its schemes, and never to the screens', () => {
    const names = { LISTEN_PID: '77', LISTEN_FDS: '4', LISTEN_FDNAMES: 'imap:smtp:unknown:imap' };
    const { http, relay } = inheritedSockets(names, 77, yes);
    expect(http).to.deep.equal([5]);
    expect([...relay]).to.deep.equal([
      ['imap', [3, 6]],
      ['smtp', [4]],
    ]);
    expect(take({ LISTEN_FDS: '1', LISTEN_FDNAMES: 'imaps' })).to.deep.equal([]);
  });

  it('are ignored where they are for another process, are not sockets, or have no number', () => {
    expect(inheritedSockets({ LISTEN_PID: '78', LISTEN_FDS: '1' }, 77, yes).http).to.deep.equal([]);
    expect(inheritedSockets({ LISTEN_FDS: '1' }, 77, yes).http).to.deep.equal([]);
    for (const count of ['', '0', '-1', '1e9', '99999', 'x'])
      expect(take({ LISTEN_FDS: count }), count).to.deep.equal([]);
    expect(take({ LISTEN_FDS: '2' }, (fd) => fd === 4)).to.deep.equal([4]);
  });

  it('are not passed on to programs that this process starts', () => {
    const env = { LISTEN_PID: '77', LISTEN_FDS: '1', LISTEN_FDNAMES: 'http', HOME: '/' };
    inheritedSockets(env, 77, yes);
    expect(env).to.deep.equal({ HOME: '/' });
  });
});
