import { openDatabase } from '../../db/database.js';
import { createDeployments } from '../../db/repositories/sysconfig.js';
import { createSettingsReader } from '../../sysconfig/settings-reader.js';
import { readConfigPm } from '../config/config-pm.js';
import { loadConfig } from '../config/load-config.js';
import { scriptAlias } from '../domain/redirect-uri.js';
import { SidecarError } from '../errors.js';
import { apacheRules } from '../helpdesk/apache-rules.js';

/** Prints the web server's rules for the helpdesk's own ScriptAlias and the sidecar's port. */
export async function printApacheRules(env: Record<string, string | undefined>): Promise<void> {
  try {
    const config = loadConfig(env);
    const db = openDatabase(readConfigPm(config.home).database);
    try {
      const clock = () => new Date();
      const reader = createSettingsReader({
        deployments: createDeployments({ db }),
        home: config.home,
        clock,
      });
      const alias = scriptAlias(await reader.current());
      process.stdout.write(apacheRules({ scriptAlias: alias, sidecarPort: config.port }));
    } finally {
      await db.close();
    }
  } catch (error) {
    const text = error instanceof SidecarError ? `${error.safe} ${error.detail ?? error.log}` : String(error);
    process.stderr.write(`znuny-oauth2: ${text}\n`);
    process.exitCode = 1;
  }
}
