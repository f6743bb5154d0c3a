import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { Settings } from '../../../plugin/domain/helpdesk/settings.js';
import { findNginxSite } from '../../../plugin/helpdesk/nginx-site.js';
import { carryOut } from '../../../plugin/install/action.js';
import { createMachine } from '../../../plugin/install/machine.js';
import { nginxFiles } from '../../../plugin/install/nginx-files.js';
import { namesOf } from '../../../plugin/install/site.js';
import { nginxStep } from '../../../plugin/install/steps/nginx.js';
import { nginxPart } from '../../../plugin/install/web-server-part.js';

const PASS = 'location /otrs/ { proxy_pass http://127.0.0.1:5000; }';
const LINE = '\n    include oauth2-sidecar.rules;';

describe("install in the files of an admin's nginx", () => {
  let root: string;
  const at = (file: string) => path.join(root, file);
  const put = (file: string, text: string | Buffer) => {
    mkdirSync(path.dirname(at(file)), { recursive: true });
    writeFileSync(at(file), text);
  };
  const text = (file: string) => readFileSync(at(file), 'utf8');
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'nginx-files-'));
    put('bin/nginx', '#!/bin/sh\nexit 0\n');
    execFileSync('chmod', ['755', at('bin/nginx')]);
    put('etc/nginx/nginx.conf', 'http { include conf.d/*.conf; include sites/*; include /srv/*.conf; }\n');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const run = async (direction: 'todo' | 'undo', hosts?: string[]) => {
    const machine = createMachine(root, { PATH: `${at('bin')}:${process.env.PATH}` });
    const step = nginxStep(machine, {
      name: 'oauth2-sidecar',
      site: () =>
        findNginxSite(nginxFiles(machine, 'oauth2-sidecar'), {
          ...{ scriptAlias: 'otrs', hosts: hosts ?? [], onlyHosts: hosts !== undefined },
          isOurs: (file) => file.includes('oauth2-sidecar'),
        }),
      rules: async () => 'rules',
      listener: ({ block }) => `server_name ${block[0]?.words[0]};`,
      pair: 'pair',
      hasSystemd: false,
      isUp: null,
    });
    const done: string[] = [];
    const report = { step: () => {}, action: ({ what }: { what: string }) => done.push(what) };
    await carryOut([step], direction, report as Parameters<typeof carryOut>[2], false);
    return done.map((what) => what.replaceAll(root, ''));
  };

  it('puts the line behind everything else in the server block, and moves one of an earlier version there', async () => {
    for (const [before, after] of [
      [`server {\n  ${PASS}\n}\n`, `server {\n  ${PASS}${LINE}\n}\n`],
      [`server { ${PASS} }`, `server { ${PASS}${LINE} }`],
      [`server {\r\n  ${PASS} # a }\r\n  }\r\n`, `server {\r\n  ${PASS} # a }${LINE}\r\n  }\r\n`],
      [`server {\n ${PASS}\n # voilà\n}`, `server {\n ${PASS}\n # voilà${LINE}\n}`],
    ] as const)
      for (const start of [before, before.replace('{', `{${LINE}`)]) {
        put('etc/nginx/sites/desk', start);
        await run('todo');
        expect(text('etc/nginx/sites/desk')).to.equal(after);
        expect(await run('todo')).to.deep.equal([]);
        await run('undo');
        expect(text('etc/nginx/sites/desk')).to.equal(before);
      }
  });

  it('removes the line wherever nginx reads it: behind links to files and folders, and outside of its folder', async () => {
    const desk = (host: string) => `server {\n  server_name ${host}; ${PASS}\n}\n`;
    put('elsewhere/a', desk('a'));
    put('srv/c.conf', desk('c'));
    mkdirSync(at('links'));
    symlinkSync('../elsewhere/a', at('links/a'));
    symlinkSync('/links', at('etc/nginx/sites'));
    const files = () => ['elsewhere/a', 'srv/c.conf'].map((file) => text(file).includes(LINE));
    await run('todo');
    expect(files()).to.deep.equal([true, true]);
    expect(await run('todo')).to.deep.equal([]);
    // A name that is given later.
    await run('todo', ['c']);
    expect(files()).to.deep.equal([false, true]);
    expect(text('etc/nginx/conf.d/oauth2-sidecar.conf')).to.equal('server_name c;');
    // Also where nginx's configuration cannot be understood any more.
    put('links/broken', 'server { listen 80 }');
    await run('undo');
    expect([text('elsewhere/a'), text('srv/c.conf')]).to.deep.equal([desk('a'), desk('c')]);
    expect(await run('undo')).to.deep.equal([]);
  });

  it('keeps the rules as long as a line that an admin changed names them', async () => {
    put('etc/nginx/sites/desk', `server { ${PASS} }`);
    await run('todo');
    put('srv/own.conf', 'server {\n\tinclude "/etc/nginx/oauth2-sidecar.rules" ;\n}\n');
    const error = await run('undo').catch((caught: { detail?: string }) => caught.detail);
    expect(error).to.equal(
      `${at('srv/own.conf')} still includes oauth2-sidecar.rules, so the rules stay. Remove that line, and run the command again.`,
    );
    expect(text('etc/nginx/oauth2-sidecar.rules')).to.equal('rules');
    put('srv/own.conf', '# include oauth2-sidecar.rules;\n');
    expect(await run('undo')).to.include('remove /etc/nginx/oauth2-sidecar.rules');
  });

  it('leaves every byte of a file as it is, whatever its encoding, and finds names in UTF-8', async () => {
    const before = Buffer.from(
      `# caf\xe9 \xa0\n# \xc3\xa0\nserver { server_name \xe9\xa0; ${PASS} }\n`,
      'latin1',
    );
    put('etc/nginx/sites/desk', 'include /srv/Größe.d/*;');
    put('srv/Größe.d/desk', before);
    await run('todo');
    const now = readFileSync(at('srv/Größe.d/desk'));
    expect(now.toString('latin1')).to.equal(before.toString('latin1').replace(/ \}\n$/, `${LINE} }\n`));
    expect(readFileSync(at('etc/nginx/conf.d/oauth2-sidecar.conf'), 'latin1')).to.equal(
      'server_name \xe9\xa0;',
    );
    expect(await run('todo')).to.deep.equal([]);
    await run('undo');
    expect(readFileSync(at('srv/Größe.d/desk')).equals(before)).to.equal(true);
  });

  it('refuses values that the rules cannot contain before anything is changed', async () => {
    put('etc/nginx/sites/desk', `server { ${PASS} }`);
    const settings = { text: (_: string, fallback: string) => fallback } as Settings;
    const options = {
      machine: createMachine(root, { PATH: process.env.PATH }),
      names: namesOf('sidecar', '/etc/znuny-oauth2'),
      home: '/opt/otrs',
      packageFolder: path.resolve(import.meta.dirname, '../../..'),
      settings: async () => settings,
      target: { socket: '/run/sidecar.sock' },
      secret: () => 'x'.repeat(43),
      hasSystemd: false,
      isUninstall: false,
      isRunning: false,
      others: [],
      include: undefined,
      hosts: undefined,
    };
    // The internal listener is on the next port.
    const error = await nginxPart({ ...options, port: 65535 }).catch((caught: Error) => caught);
    expect(error)
      .to.include({ code: 'config-invalid' })
      .and.have.property('detail', 'A port is a number from 1 to 65535. Nothing was changed.');
    expect((await nginxPart({ ...options, port: 18270 })).values).to.have.property(
      'SIDECAR_LISTENER_CERTIFICATE',
    );
  });

  it('waits for no pipe that another user has put where nginx looks for files', async () => {
    put('etc/nginx/sites/desk', `server { ${PASS} }`);
    mkdirSync(at('srv'));
    execFileSync('mkfifo', [at('srv/pipe.conf')]);
    const error = await run('todo').catch((caught: { detail?: string }) => caught.detail);
    expect(error).to.match(/^\/srv\/pipe\.conf: the file cannot be read\. Nothing was changed/);
    expect(await run('undo')).to.deep.equal([]);
  });
});
