import { expect } from 'chai';
import { CAUSES } from '../../../plugin/domain/provider/explain-provider-error.js';
import { CATALOGUE, type ErrorCode, SidecarError } from '../../../plugin/errors.js';
import { wordsOfProvider } from '../../../plugin/usecases/request-token.js';

/** Codes that describe a provider's answer. */
const CODES = (Object.keys(CATALOGUE) as ErrorCode[]).filter(
  (code) =>
    code.startsWith('provider-') || ['consent-refused', 'grant-dead', 'client-rejected'].includes(code),
);
const errors = [
  ...CAUSES.flatMap(({ keys }) => keys).map((key) =>
    /^\d+$/.test(key)
      ? ['access_denied', `AADSTS${key}: Words of the provider`]
      : [key, 'Words of the provider'],
  ),
  ['brand_new_error', ''],
] as [string, string][];

const shown = (
  code: ErrorCode,
  [error, description]: readonly [string, string],
  step: 'renewal' | 'consent' = 'consent',
): string => {
  const { safe, detail } = new SidecarError(code, {
    detail: wordsOfProvider(code, { error, description }, step),
  });
  return `${safe} ${detail}`;
};

describe('the page about a failure at the provider', () => {
  it('says each sentence once, and one remedy, whatever the answer was', () => {
    expect(CODES).to.have.length(8);
    for (const code of CODES)
      for (const [error, step] of errors.flatMap((each) => [
        [each, 'renewal'] as const,
        [each, 'consent'] as const,
      ])) {
        const page = shown(code, error, step);
        const sentences = page.replace(/\([a-z_\d-]+: [^)]*\)$/, '').split(/(?<=\.) /);
        expect(new Set(sentences).size, page).to.equal(sentences.length);
        const cures =
          page.match(
            /\b(?:Request a new token|Compare|Check|Try again|retried automatically|Let an administrator)\b/gi,
          ) ?? [];
        expect(new Set(cures).size, page).to.equal(cures.length);
      }
  });

  it("ends with the provider's own words", () => {
    expect(shown('consent-refused', ['access_denied', 'No, thanks'])).to.equal(
      'The provider did not grant access. Nothing was stored. Consent was declined. Request a new token and accept the requested permissions. (access_denied: No, thanks)',
    );
    expect(shown('provider-refused', ['brand_new_error', ''])).to.equal(
      "The provider rejected the request. Stored tokens were kept. The provider's message is: “brand_new_error”.",
    );
  });

  it('promises nothing for a consent that is over, because nobody retries it', () => {
    for (const error of ['server_error', 'temporarily_unavailable'])
      expect(shown('provider-overloaded', [error, ''])).to.equal(
        `The provider is overloaded or has a problem. Stored tokens were kept. Try again in a few minutes. (${error})`,
      );
  });

  it('names the usual remedy where nothing is known', () => {
    expect(new SidecarError('grant-dead').detail).to.equal('Request a new token.');
    expect(new SidecarError('not-signed-in').detail).to.equal(undefined);
  });
});
