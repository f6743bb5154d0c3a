import path from 'node:path';
import { expect } from 'chai';
import { codeIn, filesOf, read, SOURCES } from './sources.js';

/** Enforces the allowed imports of docs/architecture.md. A failure names the file, the import and the remedy. */
interface Import {
  file: string;
  /** A path from the root for our own files, else the package's name. */
  target: string;
  own: boolean;
}

/** Types and files that are loaded later included. */
const imports: Import[] = SOURCES.flatMap((file) =>
  [...read(file).matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, name = '']) => {
    const own = name.startsWith('.');
    const target = own ? path.posix.join(path.posix.dirname(file), name) : name;
    return { file, target, own };
  }),
);

/** The part of the program that a path belongs to: its folder, or the file itself directly below plugin/. */
function part(file: string): string {
  const [top = '', second = ''] = file.split('/');
  return top === 'plugin' ? second.replace(/\.[jt]s$/, '') : top;
}

const leaves = ['lib', 'errors'];
const adapters = [
  'db',
  'oauth',
  'helpdesk',
  'mail',
  'sysconfig',
  'journal',
  'health',
  'listen',
  'alert',
  'relay',
];

/** Part -> the parts that it may import besides itself. `null`: everything (composition roots). */
const allowed: Record<string, string[] | null> = {
  lib: [],
  errors: ['lib'],
  domain: leaves,
  usecases: [...leaves, 'domain'],
  web: [...leaves, 'domain', 'usecases'],
  'renewal-service': [...leaves, 'domain', 'usecases'],
  config: [...leaves, 'domain'],
  db: [...leaves, 'domain'],
  oauth: [...leaves, 'domain'],
  helpdesk: [...leaves, 'domain'],
  mail: [...leaves, 'domain'],
  journal: [...leaves, 'domain'],
  health: [...leaves, 'domain'],
  listen: [...leaves, 'domain'],
  alert: [...leaves, 'domain'],
  relay: [...leaves, 'domain'],
  sysconfig: [...leaves, 'domain', 'config'],
  app: [...leaves, 'domain', 'usecases', 'web'],
  install: [...leaves, 'domain', 'config', 'helpdesk', 'db', 'sysconfig'],
  packaging: ['install'],
  adapters: null,
  cli: null,
  'begin-relay': null,
  'begin-services': null,
  prepare: null,
  main: null,
};

/** Package -> the only place that may import it. */
const owners: [RegExp, RegExp][] = [
  [/^knex(\/|$)/, /^db\//],
  [/^mysql2(\/|$)/, /^db\/dialect\/mysql\//],
  [/^pg(\/|$)/, /^db\/dialect\/postgres\//],
  [/^handlebars(\/|$)/, /^plugin\/web\/render\.ts$/],
  [/^nodemailer$/, /^plugin\/alert\//],
  [/^prom-client$/, /^plugin\/health\//],
  [/^simple-oauth2$/, /^plugin\/oauth\//],
  [/^jose$/, /^plugin\/oauth\//],
  [/^proxy-agent$/, /^plugin\/oauth\//],
  [/^pino$/, /^plugin\/lib\/log/],
  [/^ip-address$/, /^plugin\/lib\/safe-address\.ts$/],
  [/^koa$|^@koa\//, /^plugin\/(app\.ts|web\/)/],
];

/** Groups of files in which each file reaches all others. */
function circles(targets: ReadonlyMap<string, readonly string[]>): string[][] {
  const reached = new Map<string, Set<string>>();
  const from = (file: string): Set<string> => {
    const known = reached.get(file);
    if (known) return known;
    const found = new Set<string>();
    const todo = [...(targets.get(file) ?? [])];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      if (found.has(next)) continue;
      found.add(next);
      todo.push(...(targets.get(next) ?? []));
    }
    reached.set(file, found);
    return found;
  };
  const inCircle = [...targets.keys()].filter((file) => from(file).has(file)).sort();
  const groups = inCircle.map((file) =>
    inCircle.filter((other) => from(file).has(other) && from(other).has(file)),
  );
  return groups.filter(([first], at) => first === inCircle[at]);
}

/** File -> the files that it imports, types and files loaded later included: to read one, you read the others. */
function importsOf(): Map<string, string[]> {
  const targets = new Map<string, string[]>(SOURCES.map((file) => [file, []]));
  for (const { file, target, own } of imports)
    if (own) targets.get(file)?.push(target.replace(/\.js$/, '.ts'));
  return targets;
}

/** A file directly below plugin/ stands for itself. */
const folderOf = (file: string): string =>
  path.posix.dirname(file) === 'plugin' ? file : path.posix.dirname(file);

/** Folder -> the folders that its files import. A folder and those inside it are one part and may use each other. */
function byFolder(files: Map<string, string[]>): Map<string, string[]> {
  const folders = new Map<string, Set<string>>();
  for (const [file, targets] of files) {
    const from = folderOf(file);
    const others = folders.get(from) ?? new Set();
    folders.set(from, others);
    for (const to of targets.map(folderOf))
      if (!`${from}/`.startsWith(`${to}/`) && !`${to}/`.startsWith(`${from}/`)) others.add(to);
  }
  return new Map([...folders].map(([from, others]) => [from, [...others]]));
}

describe('the sources (docs/architecture.md)', () => {
  it('are found by this guard', () => {
    expect(SOURCES).to.include('plugin/errors.ts').and.include('plugin/domain/token/token.ts');
    expect(imports.length).to.be.greaterThan(2);
  });

  it('import only what the place of each part allows', () => {
    const faults = imports
      .filter(({ own }) => own)
      .filter(({ file, target }) => {
        const from = part(file);
        const to = part(target);
        if (!(from in allowed)) return true;
        const may = allowed[from];
        return from !== to && may !== null && !may?.includes(to);
      })
      .map(
        ({ file, target }) =>
          `${file} imports ${target}: ${part(file)} may import only ${allowed[part(file)]?.join(', ') || 'itself'}; pass it in as a dependency (an interface in domain/) from main.ts`,
      );
    expect(faults).to.deep.equal([]);
  });

  it('import each other in no circle of files', () => {
    expect(circles(importsOf())).to.deep.equal([]);
    const planted = importsOf().set('plugin/errors.ts', ['plugin/lib/phrase.ts']);
    planted.set('plugin/lib/phrase.ts', ['plugin/errors.ts']);
    expect(circles(planted)).to.deep.equal([['plugin/errors.ts', 'plugin/lib/phrase.ts']]);
  });

  it('import each other in no circle of folders', () => {
    expect(circles(byFolder(importsOf()))).to.deep.equal([]);
    const planted = importsOf().set('plugin/domain/configuration/scopes.ts', [
      'plugin/domain/token/token.ts',
    ]);
    expect(circles(byFolder(planted)).flat()).to.include('plugin/domain/configuration');
  });

  it('of web and renewal-service import neither each other, nor cli, nor an adapter', () => {
    const faults = imports
      .filter(({ file, own }) => own && ['web', 'renewal-service'].includes(part(file)))
      .filter(
        ({ file, target }) =>
          part(file) !== part(target) &&
          ['web', 'renewal-service', 'cli', ...adapters].includes(part(target)),
      )
      .map(({ file, target }) => `${file} imports ${target}: take it as a dependency`);
    expect(faults).to.deep.equal([]);
  });

  it('of domain import no npm package and no Node module', () => {
    const faults = imports
      .filter(({ file, own }) => part(file) === 'domain' && !own)
      .map(({ file, target }) => `${file} imports ${target}: move it to an adapter or to lib/`);
    expect(faults).to.deep.equal([]);
  });

  for (const [pkg, place] of owners) {
    it(`import ${pkg.source} in ${place.source} only`, () => {
      const faults = imports
        .filter(({ file, target, own }) => !own && pkg.test(target) && !place.test(file))
        .map(({ file, target }) => `${file} imports ${target}`);
      expect(faults).to.deep.equal([]);
    });
  }

  it('read the environment in plugin/config only', () => {
    // The first passes it on, the second deletes variables that are for this process only.
    const may = /^plugin\/(?:config\/|packaging\/|cli\.ts$|main\.ts$)/;
    const faults = SOURCES.filter(
      (file) =>
        !may.test(file) &&
        /\bprocess\.env\b|\{[^{}]*\benv\b[^{}]*\}\s*=\s*process\b|"node:process"/.test(codeIn(file)),
    );
    expect(faults, 'read it in plugin/config and pass the value').to.deep.equal([]);
    expect(codeIn('plugin/main.ts').match(/process\.env/g)).to.have.length(1);
  });

  it('have at most 350 lines per file', () => {
    const faults = [...SOURCES, ...filesOf(['test/lab', 'test/support'], '.ts')].filter(
      (file) => read(file).split('\n').length > 350,
    );
    expect(faults, 'split the file by what it really is').to.deep.equal([]);
  });
});
