import { SidecarError } from '../errors.js';
import { faultsByOption } from './form-options.js';

const KEPT = 'The old client secret and the stored token were kept.';
const ACCEPTED =
  'The provider accepted the new client secret, and the new token was stored, but storing the secret failed. Run the command again.';

/**
 * Adds to a failure what became of the old secret.
 * @param isAccepted the provider has accepted the new secret
 */
export function withRemark(error: SidecarError, isAccepted: boolean): SidecarError {
  const { code, details, fields, log } = error;
  const untested =
    code === 'no-refresh-token'
      ? ['Without a refresh token the new secret cannot be tested. --untested stores it anyway.']
      : [];
  // The details of a faulty form and of a refusal speak of fields, and of what to enter next.
  const said = code === 'invalid-token-config' ? [] : details;
  const kept = code === 'answer-waiting' ? [] : [KEPT];
  // A text of the code may say that nothing was changed.
  const detail = isAccepted ? [ACCEPTED] : [...said, ...untested, ...kept];
  const byOption = faultsByOption(fields, {});
  return new SidecarError(code, {
    cause: error,
    log,
    fields: byOption,
    detail,
  });
}
