import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';

const files = readdirSync('plugin', { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

describe('requests of the sidecar', () => {
  it('end with an error where the server switches protocols', () => {
    const senders = files
      .map((file) => ({ file, text: readFileSync(`plugin/${file}`, 'utf8') }))
      .filter(({ text }) => /import \{[^}]*\brequest\b[^}]*\} from 'node:https?'/.test(text));
    expect(senders.map(({ file }) => file)).to.include('oauth/http-sender.ts');
    expect(
      senders.filter(({ text }) => !text.includes('withoutUpgrade(sent)')).map(({ file }) => file),
    ).to.deep.equal([]);
  });
});
