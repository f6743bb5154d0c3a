import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { COMMANDS } from '../../../plugin/cli/commands.js';
import { reportFailure } from '../../../plugin/cli/output.js';
import { STATE_KINDS } from '../../../plugin/domain/token/token-state.js';
import { SidecarError } from '../../../plugin/errors.js';
import { faultsBySchema, schemaNames, schemaOf } from '../../support/json-schemas.js';

describe('the schemas of --json', () => {
  it('exist for every command that lists or shows, and belong to a command that has --json', async () => {
    const wanted = Object.keys(COMMANDS).filter((name) =>
      / (list|show)$|^events$|^doctor$|^alert test$/.test(name),
    );
    expect(schemaNames()).to.have.members([
      ...wanted.map((name) => name.replace(' ', '-')),
      'error',
      'mailbox-passwords',
      'service-account-import',
    ]);
    for (const name of wanted)
      expect((await COMMANDS[name]?.())?.command.options, name).to.have.property('json');
  });

  it('are named in docs/cli.md', () => {
    const text = readFileSync(path.resolve(import.meta.dirname, '../../../docs/cli.md'), 'utf8');
    for (const name of schemaNames()) expect(text).to.contain(`(schemas/${name}.schema.json)`);
  });

  it('know every state of a token', () => {
    expect(schemaOf('token-list').items.properties.state.enum).to.deep.equal(STATE_KINDS);
    expect(schemaOf('token-show').properties.state.enum).to.deep.equal(STATE_KINDS);
  });

  it('describe a failure as it is printed, and reject anything else', () => {
    let text = '';
    const error = new SidecarError('invalid-token-config', {
      fields: { Name: 'Missing.' },
      detail: 'Nothing.',
    });
    reportFailure(error, { write: (more) => (text += more) }, true);
    expect(faultsBySchema('error', JSON.parse(text))).to.equal('');
    expect(faultsBySchema('error', { error: { code: 7 } })).to.contain('error/code must be string');
    expect(faultsBySchema('config-list', [{ id: 1, secret: 'x' }])).to.contain('additional properties');
  });
});
