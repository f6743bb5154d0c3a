/** Where a distribution keeps Apache's files, and how it enables them. */
export interface ApacheLayout {
  /** The folder of our file. */
  folder: string;
  /** A prefix for the file name, so that Apache reads our file after the helpdesk's own. */
  prefix: string;
  /** The service, and the user it runs as. */
  unit: string;
  user: string;
  test: string[];
  /** Debian's commands enable files; elsewhere a file in the folder is enabled. */
  isDebian: boolean;
}

const DEBIAN: ApacheLayout = {
  folder: '/etc/apache2/conf-available',
  prefix: '',
  unit: 'apache2',
  user: 'www-data',
  test: ['apache2ctl', 'configtest'],
  isDebian: true,
};
const RED_HAT: ApacheLayout = {
  folder: '/etc/httpd/conf.d',
  prefix: 'zzz-',
  unit: 'httpd',
  user: 'apache',
  test: ['apachectl', 'configtest'],
  isDebian: false,
};

/** The Apache layout of a machine; null if it has none. */
export const apacheLayout = (exists: (folder: string) => boolean): ApacheLayout | null =>
  [DEBIAN, RED_HAT].find(({ folder }) => exists(folder)) ?? null;

/** @param name of the installation's rules, without an extension */
export const rulesFile = (layout: ApacheLayout | null, name = 'oauth2-sidecar'): string => {
  const { folder, prefix } = layout ?? DEBIAN;
  return `${folder}/${prefix}${name}.conf`;
};

/** Exists where SELinux is on, enforcing or permissive. */
export const SELINUX = '/sys/fs/selinux/enforce';
/** Without this boolean, SELinux does not let a web server open connections. */
export const SELINUX_CONNECT = 'httpd_can_network_connect';
