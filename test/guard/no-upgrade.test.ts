import { expect } from 'chai';
import { importedNames, loadsWhole, read, SOURCES } from './sources.js';

const HTTP = /^(?:node:)?https?$/;

describe('requests of the sidecar', () => {
  it('end with an error where the server switches protocols', () => {
    const senders = SOURCES.filter(
      (file) =>
        loadsWhole(file, HTTP) || importedNames(file, HTTP).some((name) => /^(?:request|get)$/.test(name)),
    );
    expect(senders).to.include('plugin/oauth/http-sender.ts');
    expect(senders.filter((file) => !read(file).includes('withoutUpgrade(sent)'))).to.deep.equal([]);
  });
});
