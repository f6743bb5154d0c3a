/** Where a distribution keeps the files of its Apache, and how they are switched on. */
export interface ApacheLayout {
  /** The folder of our file. */
  folder: string;
  /** Before the name, so that our file is read after the helpdesk's own. */
  prefix: string;
  /** The service, and the user that it answers as. */
  unit: string;
  user: string;
  test: string[];
  /** Switched on by commands of Debian's, or by lying there. */
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

/** The Apache of a machine; null where there is none. */
export const apacheLayout = (exists: (folder: string) => boolean): ApacheLayout | null =>
  [DEBIAN, RED_HAT].find(({ folder }) => exists(folder)) ?? null;

/** @param name of the installation's rules, without an ending */
export const rulesFile = (layout: ApacheLayout | null, name = 'oauth2-sidecar'): string => {
  const { folder, prefix } = layout ?? DEBIAN;
  return `${folder}/${prefix}${name}.conf`;
};

/** Is there where SELinux is on, whether it forbids or only complains. */
export const SELINUX = '/sys/fs/selinux/enforce';
/** Without it SELinux lets a web server connect to nobody. */
export const SELINUX_CONNECT = 'httpd_can_network_connect';
