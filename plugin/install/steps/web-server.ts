import { type ApacheLayout, rulesFile } from '../../helpdesk/apache-layouts.js';
import type { Step } from '../action.js';
import { commandAction, finished, type Machine, removeAction, writeAction } from '../machine.js';

/** Modules that the rules need; Red Hat's Apache loads them by itself. */
const MODULES = ['rewrite', 'proxy', 'proxy_http', 'headers', 'remoteip'];

export interface WebServerOptions {
  /** Of our file, without an ending. */
  name: string;
  rules: () => Promise<string>;
  hasSystemd: boolean;
}

/** The file that the rules of an earlier run include; undefined where they include none. */
export const includedFile = (machine: Machine, layout: ApacheLayout, name: string): string | undefined =>
  /^\s*Include "(.+)"$/m.exec(machine.read(rulesFile(layout, name)) ?? '')?.[1];

/** The rules as a file of Apache's, switched on, tested, and taken back where the test fails. */
export function apacheStep(
  machine: Machine,
  layout: ApacheLayout,
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
        layout.isDebian && machine.exists(link)
          ? [commandAction(machine, 'a2disconf', '--purge', '--quiet', name)]
          : [];
      const remove = removeAction(machine, file);
      return finished(machine, name, [...disable, ...remove], [reload]);
    },
  };
  return step;
}
