#!/usr/bin/env node
import { once } from 'node:events';
import { run } from './cli/run.js';

// `… | head` closes the pipe, which is not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const { env, stderr } = process;
const stdout = {
  write: (text: string | Uint8Array) => process.stdout.write(text),
  isTTY: process.stdout.isTTY === true,
  columns: process.stdout.columns,
  drained: () =>
    once(process.stdout, 'drain').then(
      () => true,
      () => false,
    ),
};
void run(process.argv.slice(2), { env, stdout, stderr, isRoot: process.getuid?.() === 0 }).then((code) => {
  process.exitCode = code;
});
