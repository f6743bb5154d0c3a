import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exec } from '../lab/exec.js';

/**
 * The files of a machine under another root: users, Apache as Debian installs it, systemd's folders. Its commands are
 * the real ones, told to work there; only what would reach a running service is recorded instead.
 */
export async function bareMachine(name: string) {
  // Where nobody but us may write: root accepts no configuration from anywhere else.
  const root = mkdtempSync(path.join(tmpdir(), `machine-${name}-`));
  chmodSync(root, 0o755);
  for (const folder of ['etc/systemd/system', 'var/lib', 'bin', 'state'])
    mkdirSync(path.join(root, folder), { recursive: true });
  for (const file of ['passwd', 'group', 'shadow', 'gshadow', 'login.defs'])
    if (existsSync(`/etc/${file}`)) copyFileSync(`/etc/${file}`, path.join(root, 'etc', file));
  await exec('cp', ['-a', '/etc/apache2', path.join(root, 'etc/apache2')]);
  const log = path.join(root, 'bin/systemctl.log');
  const script = (name: string, text: string) => {
    writeFileSync(path.join(root, 'bin', name), `#!/bin/sh\n${text}\n`);
    chmodSync(path.join(root, 'bin', name), 0o755);
  };
  script('useradd', `exec /usr/sbin/useradd --prefix ${root} "$@"`);
  script('userdel', `exec /usr/sbin/userdel --prefix ${root} "$@"`);
  script(
    'systemctl',
    `[ "$1" = is-active ] && exit 0
echo "$*" >> ${log}
case "$1" in enable) exec /usr/bin/systemctl --root=${root} enable "$2" 2>/dev/null;;
disable) exec /usr/bin/systemctl --root=${root} disable "$3" 2>/dev/null;; esac`,
  );
  return {
    root,
    env: {
      PATH: `${path.join(root, 'bin')}:${process.env.PATH}`,
      APACHE_CONFDIR: path.join(root, 'etc/apache2'),
      APACHE_STATE_DIRECTORY: path.join(root, 'state'),
    },
    read: (file: string) => readFileSync(path.join(root, file), 'utf8'),
    exists: (file: string) => existsSync(path.join(root, file)),
    /** What systemd was told since the last call. */
    told(): string[] {
      const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
      rmSync(log, { force: true });
      return lines.filter(Boolean);
    },
    /** SELinux is on; its tools record what they are told, and answer accordingly. */
    selinux() {
      const policy = path.join(root, 'sys/fs/selinux');
      const notes = path.join(root, 'bin/selinux.log');
      const tools = ['semanage', 'setsebool'].map((name) => path.join(root, 'bin', name));
      mkdirSync(path.join(policy, 'booleans'), { recursive: true });
      writeFileSync(path.join(policy, 'enforce'), '1');
      writeFileSync(path.join(policy, 'booleans/httpd_can_network_connect'), '0 0');
      return {
        bringTools() {
          script(
            'semanage',
            `[ "$2" = -l ] || { echo "$*" >> ${notes}; exit; }
echo "http_port_t    tcp    80, $(sed -n 's/^port -a .* //p' ${notes} 2>/dev/null | tr '\n' ',') 443"`,
          );
          script(
            'setsebool',
            `echo "$*" >> ${notes}; echo '1 1' > ${policy}/booleans/httpd_can_network_connect`,
          );
        },
        told: () => readFileSync(notes, 'utf8').trim().split('\n'),
        remove: () => {
          for (const file of [path.join(root, 'sys'), notes, ...tools])
            rmSync(file, { recursive: true, force: true });
        },
      };
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

export type BareMachine = Awaited<ReturnType<typeof bareMachine>>;
