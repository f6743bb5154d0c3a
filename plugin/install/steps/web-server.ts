import { setTimeout as pause } from 'node:timers/promises';
import { SidecarError } from '../../errors.js';
import { type ApacheLayout, rulesFile } from '../../helpdesk/apache-layouts.js';
import type { Step } from '../action.js';
import { commandAction, finished, type Machine, removeAction, writeAction } from '../machine.js';

const yes = () => true;
const no = () => false;

/** Modules that the rules need; Red Hat's Apache loads them by default. */
const MODULES = ['rewrite', 'proxy', 'proxy_http', 'headers', 'remoteip', 'setenvif'];

export interface WebServerOptions {
  /** The name of our file, without an extension. */
  name: string;
  rules: () => Promise<string>;
  hasSystemd: boolean;
}

/** Reads the options of an earlier run from its rules, so that they stay in force. */
export function toldBefore(
  machine: Machine,
  layout: ApacheLayout,
  name: string,
): { include: string | undefined; hosts: string[] } {
  const text = machine.read(rulesFile(layout, name)) ?? '';
  const hosts = /RewriteCond %\{HTTP_HOST\} \^\(([^)]*)\)/.exec(text)?.[1] ?? '';
  return {
    include: /^\s*Include "(.+)"$/m.exec(text)?.[1],
    hosts: hosts.replaceAll('\\', '').split('|').filter(Boolean),
  };
}

/**
 * Checks that each sidecar gets only its own requests if two helpdesks share one address of the web server.
 * Rules without a host name take all requests that no other rules take. So one installation may omit the
 * name: `oauth2-sidecar`, which Apache reads last.
 * @param rules of this installation, as they would be written
 * @param others names of the other installations' rules
 * @throws SidecarError config-invalid if the requests of both would reach one sidecar
 */
export function checkAddresses(
  machine: Machine,
  layout: ApacheLayout,
  { name, rules, others, fqdn }: { name: string; rules: string; others: string[]; fqdn: string },
): void {
  const address = (text: string) => /<LocationMatch "(.*)">/.exec(text)?.[1];
  const isBound = (text: string) => text.includes('%{HTTP_HOST}');
  const atSame = others.filter(
    (other) => address(machine.read(rulesFile(layout, other)) ?? '') === address(rules),
  );
  if (atSame.length === 0) return;
  const loose = atSame.filter(
    (other) => other !== LAST && !isBound(machine.read(rulesFile(layout, other)) ?? ''),
  );
  const [first = ''] = atSame;
  if (name !== LAST && !isBound(rules))
    throw new SidecarError('config-invalid', {
      detail: `Another helpdesk has the same ScriptAlias at this web server (${rulesFile(layout, first)}). Nothing was changed. Give the host names of this one: --host ${fqdn}`,
    });
  if (loose.length > 0)
    throw new SidecarError('config-invalid', {
      detail: `Another helpdesk has the same ScriptAlias at this web server, and ${rulesFile(layout, loose[0])} does not contain its host names. Nothing was changed. First run "znuny-oauth2 install" for that one with --host NAME.`,
    });
}

/** Apache reads this file after those of named installations, whose names have a hyphen and a suffix. */
const LAST = 'oauth2-sidecar';

/** Writes the rules as an Apache file, enables and tests them, and removes them if the test fails. */
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
  const takeBack = async () => {
    for (const action of await step.undo()) if (action !== reload) await action.run();
  };
  const test = {
    ...commandAction(machine, program, ...words),
    run: () =>
      machine.run(program, ...words).catch(async (error: unknown) => {
        // With the failing rules, Apache would not start again.
        await takeBack();
        throw error;
      }),
  };
  /**
   * No configuration test detects that the internal listener's port is in use: Apache exits at the reload.
   */
  const stays = {
    what: '',
    async run() {
      for (let look = 0; look < 4; look++) {
        await pause(500);
        if (await machine.run('systemctl', 'is-active', '--quiet', layout.unit).then(no, yes)) break;
        if (look === 3) return;
      }
      await takeBack();
      await machine.run('systemctl', 'restart', layout.unit);
      throw new SidecarError('install-failed', {
        detail: `${layout.unit} stopped during the reload, and was started again without the rules. Its error log says why.`,
      });
    },
  };
  const step: Step = {
    title: 'Apache',
    async todo() {
      const write = writeAction(machine, file, await rules(), { mode: 0o600 });
      const modules = layout.isDebian
        ? MODULES.filter((module) => !machine.exists(`/etc/apache2/mods-enabled/${module}.load`))
        : [];
      const enable = [
        ...(modules.length > 0 ? [commandAction(machine, 'a2enmod', '--quiet', ...modules)] : []),
        ...(layout.isDebian && !machine.exists(link)
          ? [commandAction(machine, 'a2enconf', '--quiet', name)]
          : []),
      ];
      return finished(machine, name, [...write, ...enable], [test, reload, ...(hasSystemd ? [stays] : [])]);
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
