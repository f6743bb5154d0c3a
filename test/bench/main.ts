import { exec } from '../lab/exec.js';
import { instance, ROOT } from '../lab/instance.js';
import { startLab, stopLab } from '../lab/lab.js';
import { main, say, step } from '../lab/progress.js';
import { measureCommands } from './commands.js';
import { measureDatabases } from './databases.js';
import { table } from './measure.js';
import { measureOverview } from './overview.js';

/**
 * `make bench`: the sidecar beside the built-in screens, on the same helpdesk in the same run. ONLY=start, screens, overview,
 * databases (PostgreSQL beside MariaDB), renewals, certificate, mail, limits, export, commands or relay narrows it.
 */
const of = instance('test');
const only = process.env.ONLY ?? '';
const wanted = (part: string) => only === '' || only === part;

await main(async () => {
  try {
    // As installed: compiled, not through the test loader.
    await step('Compile', () => exec('npm', ['run', '--silent', 'build'], { cwd: ROOT }));
    await startLab(of, { fresh: true });
    // The code shared with the tests asks for a running lab.
    const { measureScreens } = await import('./screens.js');
    const { measureRenewals } = await import('./renewals.js');
    const { measureAssertions } = await import('./assertions.js');
    const { measureLimits } = await import('./limits.js');
    const { measureStart } = await import('./start.js');
    const { measureMail } = await import('./mail.js');
    const { measureRelay } = await import('./relay.js');
    const { measureExport } = await import('./export.js');
    const lines = [
      ...(wanted('start') ? await step('Measure the start', () => measureStart(of)) : []),
      ...(wanted('screens') ? await step('Measure the screens', () => measureScreens(of)) : []),
      ...(wanted('overview') ? await step('Measure the overview', () => measureOverview(of)) : []),
      ...(wanted('databases') ? await step('Measure PostgreSQL beside MariaDB', measureDatabases) : []),
      ...(wanted('renewals') ? await step('Measure the renewals', () => measureRenewals(of)) : []),
      ...(wanted('certificate')
        ? await step('Measure renewals by certificate and service account', measureAssertions)
        : []),
      ...(wanted('mail') ? await step('Measure the watch of mail', measureMail) : []),
      ...(wanted('limits') ? await step('Measure the limits', () => measureLimits(of)) : []),
      ...(wanted('export') ? await step('Measure the export', () => measureExport(of)) : []),
      ...(wanted('relay') ? await step('Measure the relay', () => measureRelay(of)) : []),
      ...(wanted('commands') ? await step('Measure the commands', () => measureCommands(of)) : []),
    ];
    say(`\n${table(lines)}`);
  } finally {
    await stopLab(of);
  }
  return 0;
});
