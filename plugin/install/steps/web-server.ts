import type { Step } from '../action.js';
import { commandAction, finished, type Machine, removeAction, writeAction } from '../machine.js';

/** Where a distribution keeps the files of its Apache, and how they are switched on. */
interface Layout {
  /** The folder of our file. */
  folder: string;
  /** Before the name, so that our file is read after the helpdesk's own. */
  prefix: string;
  /** The service. */
  unit: string;
  test: string[];
  /** Switched on by commands of Debian's, or by lying there. */
  isDebian: boolean;
}

const LAYOUTS: Layout[] = [
  {
    folder: '/etc/apache2/conf-available',
    prefix: '',
    unit: 'apache2',
    test: ['apache2ctl', 'configtest'],
    isDebian: true,
  },
  {
    folder: '/etc/httpd/conf.d',
    prefix: 'zzz-',
    unit: 'httpd',
    test: ['apachectl', 'configtest'],
    isDebian: false,
  },
];

/** Modules that the rules need; Red Hat's Apache loads them by itself. */
const MODULES = ['rewrite', 'proxy', 'proxy_http', 'headers', 'remoteip'];

export interface WebServerOptions {
  /** Of our file, without an ending. */
  name: string;
  rules: () => Promise<string>;
  hasSystemd: boolean;
}

/** The Apache of this machine; null where there is none. */
export const findApache = (machine: Machine): Layout | null =>
  LAYOUTS.find(({ folder }) => machine.exists(folder)) ?? null;

const rulesFile = ({ folder, prefix }: Layout, name: string): string => `${folder}/${prefix}${name}.conf`;

/** The file that the rules of an earlier run include; undefined where they include none. */
export const includedFile = (machine: Machine, layout: Layout, name: string): string | undefined =>
  /^\s*Include "(.+)"$/m.exec(machine.read(rulesFile(layout, name)) ?? '')?.[1];

/** The rules as a file of Apache's, switched on, tested, and taken back where the test fails. */
export function apacheStep(
  machine: Machine,
  layout: Layout,
  { name, rules, hasSystemd }: WebServerOptions,
): Step {
  const file = rulesFile(layout, name);
  const link = `/etc/apache2/conf-enabled/${name}.conf`;
  const [program = '', ...words] = layout.test;
  const reload = hasSystemd
    ? commandAction(machine, 'systemctl', 'reload', layout.unit)
    : commandAction(machine, program, 'graceful');
  const test = {
    ...commandAction(machine, program, ...words),
    run: () =>
      machine.run(program, ...words).catch(async (error: unknown) => {
        // Left like that, Apache would not start again.
        for (const action of await step.undo()) if (action !== reload) await action.run();
        throw error;
      }),
  };
  const step: Step = {
    title: 'Apache',
    async todo() {
      const write = writeAction(machine, file, await rules(), { mode: 0o644 });
      const modules = layout.isDebian
        ? MODULES.filter((module) => !machine.exists(`/etc/apache2/mods-enabled/${module}.load`))
        : [];
      const enable = [
        ...(modules.length > 0 ? [commandAction(machine, 'a2enmod', '--quiet', ...modules)] : []),
        ...(layout.isDebian && !machine.exists(link)
          ? [commandAction(machine, 'a2enconf', '--quiet', name)]
          : []),
      ];
      return finished(machine, name, [...write, ...enable], [test, reload]);
    },
    async undo() {
      const disable =
        layout.isDebian && machine.exists(link) ? [commandAction(machine, 'a2disconf', '--quiet', name)] : [];
      const remove = removeAction(machine, file);
      return finished(machine, name, [...disable, ...remove], [reload]);
    },
  };
  return step;
}
