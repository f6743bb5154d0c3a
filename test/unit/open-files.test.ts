import { expect } from 'chai';
import { reportFailure } from '../../plugin/cli/output.js';
import { clientsFor, openFilesLimit, shareFiles } from '../../plugin/config/open-files.js';

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max core file size        0                    unlimited            bytes
Max open files            SOFT                 1048576              files
Max locked memory         8388608              8388608              bytes`;

describe('the limit of open files', () => {
  const limit = (soft: string) => openFilesLimit(() => LIMITS.replace('SOFT', soft));

  it('is read as the kernel reports it', () => {
    expect([limit('64'), limit('1024'), limit('unlimited')]).to.deep.equal([64, 1024, null]);
    expect(openFilesLimit(() => '')).to.equal(null);
    expect(
      openFilesLimit(() => {
        throw new Error('no /proc');
      }),
    ).to.equal(null);
  });

  it('limits the number of clients, so that renewals have the descriptors that they need', () => {
    expect([64, 128, 1024, 1_000_000, null].map(clientsFor)).to.deep.equal([8, 40, 488, 1000, 1000]);
  });

  it('is shared with the relay where there is one', () => {
    expect([128, 1024, 1_000_000, null].map((limit) => shareFiles(limit, true))).to.deep.equal([
      { clients: 20, relayed: 20 },
      { clients: 244, relayed: 244 },
      { clients: 1000, relayed: 1000 },
      { clients: 1000, relayed: 1000 },
    ]);
    expect(shareFiles(1024, false)).to.deep.equal({ clients: 488, relayed: 0 });
  });

  it('is reported when it is too low, with what to do about it', () => {
    expect(() => clientsFor(40)).to.throw(
      'This process may open 40 files at once (RLIMIT_NOFILE) and needs at least 64. Raise the limit: LimitNOFILE=1024 in the unit of systemd, "ulimit -n 1024" in a shell.',
    );
  });

  it('is reported also when the program reaches it while loading', () => {
    let text = '';
    const error = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
    reportFailure(error, { write: (part) => (text += part) }, false);
    expect(text).to.equal(
      'znuny-oauth2: The sidecar is not set up correctly.\n' +
        '  This process may not open any more files (EMFILE). Raise the limit: LimitNOFILE=1024 in the unit of systemd, "ulimit -n 1024" in a shell.\n' +
        '  (config-invalid)\n',
    );
  });
});
