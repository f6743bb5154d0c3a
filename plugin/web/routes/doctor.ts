import { CHECK_RESULTS, worstOf } from '../../domain/doctor/doctor.js';
import { examine } from '../../usecases/doctor/examine.js';
import { RESULT_ICONS } from '../presenters/result-icons.js';
import type { MessageBox } from '../respond.js';
import type { ScreenCall } from '../screen-call.js';

const BOXES = { ok: 'Success', unknown: 'Notice', warning: 'Warning', fault: 'Error' } as const;

/** Explains the checks. Only a POST runs them, because one of them writes. */
export async function showDoctor({ showPage }: ScreenCall): Promise<void> {
  await showPage({ title: 'Doctor', template: 'doctor', data: {} });
}

export async function runDoctor({ deps, reader: { t }, showPage }: ScreenCall): Promise<void> {
  const found = await examine(await deps.doctor());
  const worst = worstOf(found);
  const verdict = {
    ok: t('All checks passed.'),
    unknown: t('No checks failed, but some could not be completed.'),
    warning: t('No checks failed, but some have warnings.'),
    fault: t('Checks failed: %s.', found.filter(({ result }) => result === 'fault').length),
  }[worst];
  const box: MessageBox = { kind: BOXES[worst], text: verdict };
  await showPage({
    title: 'Doctor',
    template: 'doctor',
    messages: [box],
    data: {
      checks: found.map(({ number, id, title, result, reason, remedies, ms }) => ({
        number,
        id,
        title: t(title),
        result,
        word: t(CHECK_RESULTS[result]),
        icon: RESULT_ICONS[result],
        ms,
        reason: reason.map((text) => t(text)),
        remedies: remedies.map(({ text, command, link }) => ({
          text: text && t(text),
          command,
          href: link,
          hrefText: t(link?.includes('AdminSystemConfiguration') ? 'Open the setting' : 'Go to overview'),
        })),
      })),
    },
  });
}
