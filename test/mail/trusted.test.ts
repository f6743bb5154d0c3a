import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { MailboxReport } from '../../plugin/domain/mailbox/mailbox.js';
import { selfSigned } from '../lab/self-signed.js';
import { imapScript, scriptedServer } from './scripted-server.js';

describe('a certificate of a known authority (NODE_EXTRA_CA_CERTS)', () => {
  it('is trusted for its name, and for no other', async () => {
    const pair = await selfSigned();
    const folder = await mkdtemp(path.join(tmpdir(), 'mailbox-ca-'));
    const server = await scriptedServer({ greeting: '* OK', answer: imapScript(), tls: pair });
    try {
      const file = path.join(folder, 'ca.pem');
      await writeFile(file, pair.cert);
      const run = async (host: string): Promise<MailboxReport> => {
        const target = {
          type: 'IMAPS',
          host,
          port: server.port,
          login: 'support@example.test',
          folder: '',
          accessToken: 'token-of-the-test',
          split: false,
          allowUnprotected: false,
          helloName: 'helpdesk',
        };
        const { stdout } = await promisify(execFile)(
          process.execPath,
          [
            '--import',
            'tsx',
            path.resolve(import.meta.dirname, '../support/probe-once.js'),
            JSON.stringify(target),
          ],
          { env: { ...process.env, NODE_EXTRA_CA_CERTS: file, NODE_NO_WARNINGS: '1' } },
        );
        return JSON.parse(stdout) as MailboxReport;
      };
      const good = await run('127.0.0.1');
      expect(good.fault).to.equal(null);
      expect(good.certificate?.faults).to.deep.equal([]);
      expect(good.steps.every(({ result }) => result === 'ok')).to.equal(true);
      const otherName = await run('localhost');
      expect(otherName.fault).to.deep.equal({
        code: 'unprotected',
        step: 'certificate',
        said: 'ERR_TLS_CERT_ALTNAME_INVALID',
      });
    } finally {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
