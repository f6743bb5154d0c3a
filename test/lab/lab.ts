import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { startApache } from './apache.js';
import { databaseServer, startDatabase } from './database-server.js';
import { startDovecot } from './dovecot.js';
import { ensureHelpdesk, restoreHelpdesk } from './golden.js';
import type { Instance } from './instance.js';
import { giveToLabUser } from './lab-user.js';
import { startProvider, startSidecar } from './node-servers.js';
import { step } from './progress.js';
import { startedServers, stopServer } from './servers.js';
import { prepareSidecarUser } from './sidecar-user.js';

/** In the order in which they stop: what others need comes last. */
const STOP_ORDER = ['sidecar', 'apache', 'dovecot', 'provider', 'mariadb', 'postgres'];

/** @param fresh start from the prepared state instead of what the last run left */
export async function startLab(of: Instance, { fresh }: { fresh: boolean }): Promise<void> {
  await stopLab(of);
  for (const folder of [of.dir, path.join(of.dir, 'log'), path.join(of.dir, 'run')]) {
    mkdirSync(folder, { recursive: true });
    giveToLabUser(folder);
  }
  const isNew = await ensureHelpdesk(of);
  if (fresh && !isNew) await step('Go back to the prepared state', () => restoreHelpdesk(of));
  await step(`Start ${databaseServer(of)}`, () => startDatabase(of));
  await step('Give the sidecar its tables and a database user of its own', () => prepareSidecarUser(of));
  await step('Start the OpenID provider', () => startProvider(of));
  await step('Start Dovecot', () => startDovecot(of));
  await step('Start the helpdesk behind Apache', () => startApache(of));
  await step('Start the sidecar', () => startSidecar(of));
}

/** Stops every server of the instance by its pid. */
export async function stopLab(of: Instance): Promise<void> {
  const started = startedServers(of);
  const others = started.filter((name) => !STOP_ORDER.includes(name));
  for (const name of [...others, ...STOP_ORDER]) if (started.includes(name)) await stopServer(of, name);
}
