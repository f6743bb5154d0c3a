import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { ProviderError } from '../../plugin/domain/provider/provider-error.js';
import { SidecarError } from '../../plugin/errors.js';
import { createKeyFiles } from '../../plugin/oauth/key-files.js';

const NOW = new Date();

describe('the private keys of client certificates', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'key-files-test-'));
  const store = path.join(folder, 'state', 'certificates');
  const credentials = path.join(folder, 'credentials');
  const keys = createKeyFiles({ folder: store, credentials });
  const at = (name: string) => path.join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  /** Makes a pair in two files. */
  const make = (name: string, algorithm = 'rsa:2048', days = '30') =>
    openssl(
      'req',
      '-x509',
      '-newkey',
      algorithm,
      '-nodes',
      '-days',
      days,
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
    );
  const text = (name: string) => readFileSync(at(name), 'utf8');
  const take = (content: string | Buffer, password = '', now = NOW) =>
    keys.take(Buffer.from(content), password, now);
  const refusal = async (asked: Promise<unknown>): Promise<string> => {
    const error: unknown = await asked.catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(SidecarError);
    const { code, details } = error as SidecarError;
    expect(code).to.equal('certificate-unusable');
    const all = JSON.stringify([details, String((error as Error).cause ?? '')]);
    expect(all).to.not.match(/PRIVATE KEY|PFX-password/);
    return String(details[0]);
  };

  before(() => {
    mkdirSync(path.dirname(store));
    make('own');
    make('other');
    openssl('rsa', '-aes256', '-in', 'own.key', '-passout', 'pass:PEM-password', '-out', 'locked.key');
    const pair = ['-inkey', 'own.key', '-in', 'own.crt', '-passout', 'pass:PFX-password'];
    openssl('pkcs12', '-export', ...pair, '-out', 'own.pfx');
    openssl('pkcs12', '-export', '-legacy', ...pair, '-out', 'old.pfx');
  });
  after(() => rmSync(folder, { recursive: true }));
  afterEach(() => {
    for (const made of [store, credentials]) rmSync(made, { recursive: true, force: true });
  });

  it('are files with mode 0600 in a folder with mode 0700, and come out of it as certificates only', async () => {
    const facts = await keys.create(30);
    const [name = '', ...more] = readdirSync(store);
    expect(more).to.deep.equal([]);
    expect(name).to.equal(`${facts.thumbprint}.pem`);
    expect(statSync(path.join(store, name)).mode & 0o777).to.equal(0o600);
    expect(statSync(store).mode & 0o777).to.equal(0o700);
    expect(JSON.stringify(facts)).to.include('BEGIN CERTIFICATE').and.not.include('PRIVATE KEY');
    expect(JSON.stringify(await keys.facts(facts.thumbprint))).to.not.include('PRIVATE KEY');
    const days = (facts.validTo.getTime() - facts.validFrom.getTime()) / 86_400_000;
    expect(Math.round(days)).to.equal(30);
    await keys.remove(facts.thumbprint);
    expect(readdirSync(store)).to.deep.equal([]);
    expect(await keys.state(facts.thumbprint)).to.equal('missing');
  });

  it('are taken in from PEM, with the certificates of authorities and a password, and from PFX', async () => {
    const plain = await take(text('own.key') + text('other.crt') + text('own.crt'));
    const locked = await take(text('locked.key') + text('own.crt'), 'PEM-password');
    const pfx = await take(readFileSync(at('own.pfx')), 'PFX-password');
    const old = await take(readFileSync(at('old.pfx')), 'PFX-password');
    expect([locked, pfx, old]).to.deep.equal([plain, plain, plain]);
    const [, sha1 = ''] =
      /=(.*)/.exec(String(openssl('x509', '-in', 'own.crt', '-noout', '-fingerprint', '-sha1'))) ?? [];
    expect(plain.sha1).to.equal(sha1.replaceAll(':', ''));
    expect(readdirSync(store)).to.deep.equal([`${plain.thumbprint}.pem`]);
    // Without a password from now on.
    expect(readFileSync(path.join(store, `${plain.thumbprint}.pem`), 'utf8')).to.include('BEGIN PRIVATE KEY');
  });

  it('are refused with the reason: wrong password, no pair, no RSA key, expired, nothing of all that', async () => {
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'ec.key');
    openssl('req', '-x509', '-key', 'ec.key', '-days', '30', '-subj', '/CN=ec', '-out', 'ec.crt');
    expect(await refusal(take(readFileSync(at('own.pfx')), 'wrong'))).to.match(
      /^The file is neither PEM nor a PFX/,
    );
    expect(await refusal(take(text('locked.key') + text('own.crt'), 'wrong'))).to.match(
      /^The private key cannot be read/,
    );
    expect(await refusal(take(text('own.key') + text('other.crt')))).to.match(
      /^The certificate does not belong/,
    );
    expect(await refusal(take(text('own.key')))).to.match(/no certificate/);
    expect(await refusal(take(text('own.crt')))).to.match(/no private key/);
    expect(await refusal(take(text('ec.key') + text('ec.crt')))).to.match(/must be an RSA key/);
    const later = new Date(NOW.getTime() + 31 * 86_400_000);
    expect(await refusal(take(text('own.key') + text('own.crt'), '', later))).to.match(/has expired/);
    // A key of a Google service account, which is JSON.
    expect(await refusal(take('{"type":"service_account"}'))).to.match(/^The file is neither/);
    expect(await refusal(take(Buffer.alloc(70_000)))).to.match(/larger than 64 KB/);
    expect(readdirSync(folder)).to.include('own.key');
  });

  it('are not used where others can read them, behind a link, or in place of another', async () => {
    const { thumbprint } = await take(text('own.key') + text('own.crt'));
    const other = await take(text('other.key') + text('other.crt'));
    const file = path.join(store, `${thumbprint}.pem`);
    const facts = { clientId: 'c', audience: 'a', now: NOW };
    const errorOf = async () => {
      const error: unknown = await keys.sign(thumbprint, facts).catch((thrown: unknown) => thrown);
      return (error as ProviderError).failure?.error;
    };
    expect(await keys.state(thumbprint)).to.equal('usable');
    chmodSync(file, 0o640);
    expect([await keys.state(thumbprint), await errorOf()]).to.deep.equal(['unsafe', 'certificate_unsafe']);
    chmodSync(file, 0o600);
    renameSync(file, at('moved.pem'));
    symlinkSync(at('moved.pem'), file);
    expect([await keys.state(thumbprint), await errorOf()]).to.deep.equal(['unsafe', 'certificate_unsafe']);
    rmSync(file);
    writeFileSync(file, readFileSync(path.join(store, `${other.thumbprint}.pem`)), { mode: 0o600 });
    expect([await keys.state(thumbprint), await errorOf()]).to.deep.equal(['damaged', 'certificate_missing']);
    expect(await keys.state('../../own')).to.equal('missing');
  });

  it('are neither missing nor damaged where this machine could not read, such as for a lack of descriptors', async () => {
    const { thumbprint } = await take(text('own.key') + text('own.crt'));
    // Fails with ENAMETOOLONG, like EACCES, EIO and EMFILE a code that says nothing about the file.
    const unreadable = path.join(folder, 'n'.repeat(300));
    const facts = { clientId: 'c', audience: 'a', now: NOW };
    for (const folders of [
      { folder: unreadable, credentials: null },
      { folder: path.join(folder, 'none'), credentials: unreadable },
    ]) {
      const other = createKeyFiles(folders);
      for (const asked of [other.sign(thumbprint, facts), other.state(thumbprint)]) {
        const error: unknown = await asked.catch((thrown: unknown) => thrown);
        expect(error).to.be.instanceOf(SidecarError);
        expect((error as SidecarError).code).to.equal('internal');
        expect((error as SidecarError).log).to.equal('key file: ENAMETOOLONG');
      }
    }
    const none = createKeyFiles({ folder: at('none'), credentials: at('none') });
    expect(await none.state(thumbprint)).to.equal('missing');
    const noFolder = createKeyFiles({ folder: at('own.key'), credentials: at('own.key') });
    expect(await noFolder.state(thumbprint)).to.equal('missing');
  });

  it('may be a systemd credential, and are not used after the certificate has expired', async () => {
    const { thumbprint } = await take(text('own.key') + text('own.crt'));
    rmSync(store, { recursive: true });
    mkdirSync(credentials);
    writeFileSync(path.join(credentials, 'database'), text('other.key'));
    expect(await keys.state(thumbprint)).to.equal('missing');
    writeFileSync(path.join(credentials, 'certificate-own'), text('own.key') + text('own.crt'), {
      mode: 0o400,
    });
    expect(await keys.state(thumbprint)).to.equal('usable');
    const facts = { clientId: 'c', audience: 'a', now: NOW };
    expect(await keys.sign(thumbprint, facts)).to.match(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const later = { ...facts, now: new Date(NOW.getTime() + 31 * 86_400_000) };
    const error: unknown = await keys.sign(thumbprint, later).catch((thrown: unknown) => thrown);
    expect((error as ProviderError).failure.error).to.equal('certificate_expired');
  });
});
