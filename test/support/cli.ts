/** Runs a command of `znuny-oauth2` in this process, as the shell would. @returns exit code and both outputs */
export async function callCli(...args: string[]) {
  // Not at the top: the test runner would load a second copy of what commands load when they are called.
  const { run } = await import('../../plugin/cli/run.js');
  let out = '';
  let err = '';
  const code = await run(args, {
    env: { HELPDESK_HOME: '/nowhere' },
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err };
}
