import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildImageRoot, IMAGE_ENVIRONMENT, IMAGE_USER } from './image-root.js';
import { requireProgram } from './require-program.js';

/**
 * `make image`: an OCI image from the Debian package, as root, with mmdebstrap and buildah. Usage: build-image.ts PACKAGE.deb
 * FOLDER. Prints the path of the archive it has written, which `podman load -i` and `docker load -i` read.
 */
const [deb = '', folder = ''] = process.argv.slice(2);

for (const name of ['mmdebstrap', 'buildah'])
  requireProgram(name, 'apt-get install --no-install-recommends mmdebstrap buildah');
if (process.getuid?.() !== 0) {
  process.stderr.write('Only root can build the image: its files belong to users of the image.\n');
  process.exit(1);
}

const work = mkdtempSync(path.join(os.tmpdir(), 'znuny-oauth2-image-'));
/** With a storage of its own, so that nothing remains on this machine; vfs needs no support of the kernel. */
const buildah = (...words: string[]): string =>
  execFileSync(
    'buildah',
    ['--storage-driver=vfs', `--root=${work}/storage`, `--runroot=${work}/run`, ...words],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  ).trim();

try {
  const root = path.join(work, 'root');
  buildImageRoot(deb, root);
  const architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
  const version = execFileSync('dpkg-deb', ['--field', deb, 'Version'], { encoding: 'utf8' }).trim();
  const container = buildah('from', 'scratch');
  // As an archive: buildah would give a folder's files to root.
  const files = path.join(work, 'root.tar');
  execFileSync('tar', ['--numeric-owner', '-C', root, '-cf', files, '.']);
  buildah('add', '--quiet', container, files, '/');
  const labels = {
    title: 'znuny-oauth2-sidecar',
    description: 'Keeps the OAuth2 mailboxes of a Znuny or OTRS-family helpdesk working',
    version,
    licenses: 'MIT',
  };
  buildah(
    'config',
    '--entrypoint=["znuny-oauth2"]',
    '--cmd=serve',
    `--user=${IMAGE_USER}:${IMAGE_USER}`,
    '--workingdir=/',
    '--port=18270',
    '--stop-signal=SIGTERM',
    `--volume=${IMAGE_ENVIRONMENT.HOME}`,
    ...Object.entries(IMAGE_ENVIRONMENT).map(([name, value]) => `--env=${name}=${value}`),
    ...Object.entries(labels).map(([name, value]) => `--label=org.opencontainers.image.${name}=${value}`),
    container,
  );
  mkdirSync(folder, { recursive: true });
  const archive = path.join(folder, `znuny-oauth2_${version}_${architecture}.oci.tar`);
  rmSync(archive, { force: true });
  buildah(
    'commit',
    '--quiet',
    '--format=oci',
    '--disable-compression=false',
    container,
    `oci-archive:${archive}:znuny-oauth2:${version}`,
  );
  process.stdout.write(`${archive}\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
