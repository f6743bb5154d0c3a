import { setTimeout as pause } from 'node:timers/promises';
import { SidecarError } from '../../errors.js';
import type { Directive } from '../../helpdesk/nginx-config.js';
import { includesFolder, type NginxSite, nginxRulesFile } from '../../helpdesk/nginx-site.js';
import type { Action, Step } from '../action.js';
import { commandAction, finished, type Machine, removeAction, writeAction } from '../machine.js';
import { checkNoLine, editAction, filesWithLine, lineRemovals, NGINX_FOLDER, real } from '../nginx-files.js';

export interface NginxStepOptions {
  /** The name of our files, without an extension. */
  name: string;
  /**
   * Finds the helpdesk's server blocks.
   * @throws SidecarError config-invalid
   */
  site(): NginxSite;
  /** What the helpdesk's server blocks include. */
  rules(): Promise<string>;
  /** The internal listener. */
  listener(server: Directive, http: readonly Directive[]): string;
  /** Key and certificate of the internal listener (PEM). */
  pair: string;
  hasSystemd: boolean;
  /** Does the internal listener answer with that certificate? null: nginx does not run here (another root). */
  isUp: (() => Promise<boolean>) | null;
}

/** Every file in it is part of the `http` block, on Debian and Red Hat alike. */
const CONF_D = `${NGINX_FOLDER}/conf.d`;

/** The internal listener's file. */
export const listenerFile = (name: string): string => `${CONF_D}/${name}.conf`;
/** Key and certificate of the internal listener; nginx reads them as root. */
export const pairFile = (name: string): string => `${NGINX_FOLDER}/${name}.pem`;

/** Adds our line to each of the server blocks, and removes it from every other one. */
function edited(machine: Machine, name: string, servers: readonly Directive[]): Action[] {
  const own = servers.map(({ file, closes }) => ({ file: real(machine, file), closes: closes ?? 0 }));
  const files = new Set([...own.map(({ file }) => file), ...filesWithLine(machine, name)]);
  return [...files].flatMap((file) => {
    const places = own.filter((server) => server.file === file).map(({ closes }) => closes);
    return editAction(machine, file, name, places);
  });
}

function checkSite({ servers, http }: NginxSite, name: string): void {
  const refused = (detail: string): SidecarError =>
    new SidecarError('config-invalid', { detail: `${detail} Nothing was changed.` });
  if (!includesFolder(http, CONF_D))
    throw refused(
      `The http block of nginx does not include ${CONF_D}/*.conf, where the internal listener of the sidecar belongs. Add "include ${CONF_D}/*.conf;" there.`,
    );
  for (const { block, file } of servers) {
    const other = block.find(
      (each) => each.name === 'include' && /^oauth2-sidecar[\w-]*\.rules$/.test(each.words[0] ?? ''),
    );
    if (other)
      throw refused(
        `The server block of the helpdesk in ${file} has the rules of another sidecar already (${other.words[0]}), and ${name} cannot be added.`,
      );
  }
}

/**
 * Installs the rules where nginx is the only web server: adds a line to the helpdesk's server blocks, writes what it
 * includes and the internal listener, tests the configuration, and takes everything back if the test fails.
 */
export function nginxStep(machine: Machine, options: NginxStepOptions): Step {
  const { name, hasSystemd, isUp } = options;
  const reload = hasSystemd
    ? commandAction(machine, 'systemctl', 'reload', 'nginx')
    : commandAction(machine, 'nginx', '-s', 'reload');
  const removals = (): Action[] => {
    const files = [listenerFile(name), nginxRulesFile(name), pairFile(name)].flatMap((file) =>
      removeAction(machine, file),
    );
    const check = { what: '', run: async () => checkNoLine(machine, name) };
    return [...lineRemovals(machine, name), ...(files.length > 0 ? [check, ...files] : [])];
  };
  const test: Action = {
    ...commandAction(machine, 'nginx', '-t'),
    run: () =>
      machine.run('nginx', '-t').catch(async (error: unknown) => {
        // With the failing rules, nginx would not start again.
        for (const action of removals()) await action.run();
        throw error;
      }),
  };
  /** Where nginx cannot open the listener's port, it logs that and keeps the earlier configuration. */
  const answers: Action = {
    what: '',
    async run() {
      for (let look = 0; look < 10; look++) {
        if (await isUp?.()) return;
        await pause(300);
      }
      for (const action of removals()) await action.run();
      await reload.run();
      throw new SidecarError('install-failed', {
        detail:
          'After the reload, nginx did not answer at the internal listener. The rules were removed, and nginx continues without them. Its error log says why.',
      });
    },
  };
  return {
    title: 'nginx',
    async todo() {
      const site = options.site();
      checkSite(site, name);
      const [server] = site.servers as [Directive];
      const write = [
        ...writeAction(machine, pairFile(name), options.pair, { mode: 0o600 }),
        ...writeAction(machine, nginxRulesFile(name), await options.rules(), { mode: 0o600 }),
        ...writeAction(machine, listenerFile(name), options.listener(server, site.http), {
          mode: 0o600,
          encoding: 'latin1',
        }),
        ...edited(machine, name, site.servers),
      ];
      return finished(machine, name, write, [test, reload, ...(isUp ? [answers] : [])]);
    },
    async undo() {
      return finished(machine, name, removals(), [reload]);
    },
  };
}
