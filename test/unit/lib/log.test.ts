import { expect } from 'chai';
import { createLog } from '../../../plugin/lib/log.js';

describe('log', () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line: string) => void lines.push(line) });
  beforeEach(() => lines.splice(0));

  it('writes one JSON object a line', () => {
    log.info({ configId: 7, code: 'grant-dead' }, 'token not renewed');
    log.debug({}, 'not shown');
    expect(lines).to.have.length(1);
    expect(JSON.parse(lines[0] ?? '')).to.include({
      configId: 7,
      code: 'grant-dead',
      msg: 'token not renewed',
    });
  });

  it('hides values of secret fields', () => {
    const secret = 'hush-hush-4711';
    log.warn(
      {
        token: secret,
        refresh_token: secret,
        ClientSecret: secret,
        state: secret,
        verifier: secret,
        cookie: secret,
        authorization: secret,
        inner: { code: secret, accessToken: secret, deeper: { code_verifier: secret, password: secret } },
      },
      'careless',
    );
    expect(lines.join('')).not.to.include(secret);
    expect(JSON.parse(lines[0] ?? '')).to.have.nested.property('inner.code', '[redacted]');
  });
});
