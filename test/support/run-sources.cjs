// Runs TypeScript as CommonJS in the process of the tests: it starts in a third of the time that the hooks of
// `--import tsx` need, which pass each module through another thread. tsx leaves import() to these hooks, so an import() of
// a module of ours becomes a require().
const Module = require('node:module');
require('tsx/cjs');

const IMPORT_OF_OURS = /\bimport\((?=(["'])\.[^"']+\.js\1\))/g;

const compile = Module.prototype._compile;
Module.prototype._compile = function (content, file, ...more) {
  const source = file.endsWith('.ts')
    ? content.replace(IMPORT_OF_OURS, '(async (name) => require(name))(')
    : content;
  return compile.call(this, source, file, ...more);
};

// As a program: `node test/support/run-sources.cjs <file> …` runs that file.
if (require.main === module) {
  process.argv.splice(1, 1);
  require(require('node:path').resolve(process.argv[1]));
}
