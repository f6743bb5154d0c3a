import { execFileSync } from 'node:child_process';

/**
 * Ends the process with advice if a program is missing.
 * @param howToInstall such as `apt-get install rpm`
 */
export function requireProgram(name: string, howToInstall: string): void {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
  } catch {
    process.stderr.write(`${name} is missing: ${howToInstall}\n`);
    process.exit(1);
  }
}
