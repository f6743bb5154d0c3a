#!/usr/bin/env -S node --max-semi-space-size=2
import { printApacheRules } from './cli/apache-rules.js';
import { run } from './main.js';

const USAGE = `znuny-oauth2 serve          runs the sidecar (HELPDESK_HOME and, if need be, SIDECAR_PORT)
znuny-oauth2 apache-rules   prints the rules for the helpdesk's Apache
`;

const [command] = process.argv.slice(2);

if (command === 'serve') await run(process.env);
else if (command === 'apache-rules') await printApacheRules(process.env);
else {
  process.stderr.write(USAGE);
  process.exitCode = 2;
}
