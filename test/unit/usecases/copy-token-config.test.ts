import { expect } from 'chai';
import { copyTokenConfig } from '../../../plugin/usecases/copy-token-config.js';
import { configOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { codeOf, testDeps } from './setup.js';

const make = (name?: string) =>
  testDeps(new ScriptedEndpoint(), name === undefined ? {} : { config: configOf({ name }) });

describe('copying a token configuration', () => {
  it('copies everything but the tokens, in the name of the agent who asks', async () => {
    const deps = make();
    const original = await deps.tokenConfigs.byId(7);
    expect(await copyTokenConfig(deps, { id: 7, userId: 5 })).to.deep.equal({
      id: 8,
      name: 'Support mailbox (copy)',
    });
    const copy = await deps.tokenConfigs.byId(8);
    expect(copy?.document).to.deep.equal(original?.document);
    expect(copy).to.include({ validId: original?.validId, createBy: 5, changeBy: 5 });
    expect(deps.tokens.rows.has(8)).to.equal(false);
    expect(deps.caches.forgotten).to.equal(1);
  });

  it('numbers further copies, ignoring case', async () => {
    const deps = make();
    await copyTokenConfig(deps, { id: 7, userId: 1 });
    await copyTokenConfig(deps, { id: 7, name: ' SUPPORT mailbox (Copy) 2 ', userId: 1 });
    expect((await copyTokenConfig(deps, { id: 7, userId: 1 })).name).to.equal('Support mailbox (copy) 3');
    expect(deps.tokenConfigs.rows.map(({ name }) => name)).to.include('SUPPORT mailbox (Copy) 2');
  });

  it('leaves room for the number in a name of 250 characters', async () => {
    const { name } = await copyTokenConfig(make('x'.repeat(250)), { id: 7, userId: 1 });
    expect(name).to.match(/^x{238} \(copy\)$/);
  });

  it('refuses a name that is taken or empty, and copies nothing', async () => {
    const deps = make();
    for (const name of ['support MAILBOX', '  ']) {
      const failure = await copyTokenConfig(deps, { id: 7, name, userId: 1 }).catch((error) => error);
      expect(failure.code).to.equal('invalid-token-config');
      expect(failure.fields).to.have.keys('Name');
    }
    expect(deps.tokenConfigs.rows).to.have.length(1);
    expect(await codeOf(copyTokenConfig(deps, { id: 99, userId: 1 }))).to.equal('unknown-token-config');
  });
});
