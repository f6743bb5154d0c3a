import { CHECK_RESULTS, worstOf } from '../../domain/doctor/doctor.js';
import type { Phrase } from '../../lib/phrase.js';
import { examine } from '../../usecases/doctor/examine.js';
import type { WebDeps } from '../deps.js';
import { RESULT_ICONS } from '../presenters/result-icons.js';
import { type MessageBox, respondWithPage, type SidecarContext } from '../respond.js';

const BOXES = { ok: 'Success', unknown: 'Notice', warning: 'Warning', fault: 'Error' } as const;

/** Explains the checks. Only a POST runs them, because one of them writes. */
export async function showDoctor(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  await respondWithPage(ctx, deps, { title: 'Doctor', template: 'doctor', data: {} });
}

export async function runDoctor(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  const language = ctx.state.agent?.language ?? 'en';
  const t = (text: Phrase) => deps.translate(language, text);
  const found = await examine(await deps.doctor());
  const worst = worstOf(found);
  const verdict = {
    ok: t('All is well.'),
    unknown: t('Nothing wrong was found, but not everything could be found out.'),
    warning: t('It works, but something should be better.'),
    fault: t('Something is wrong.'),
  }[worst];
  const box: MessageBox = { kind: BOXES[worst], text: verdict };
  await respondWithPage(ctx, deps, {
    title: 'Doctor',
    template: 'doctor',
    messages: [box],
    data: {
      checks: found.map(({ number, id, title, result, reason, mends, ms }) => ({
        number,
        id,
        title: t(title),
        result,
        word: t(CHECK_RESULTS[result]),
        icon: RESULT_ICONS[result],
        ms,
        reason: reason.map(t),
        mends: mends.map(({ text, command, link }) => ({
          text: text && t(text),
          command,
          href: link,
          hrefText: t(link?.includes('AdminSystemConfiguration') ? 'Open the setting' : 'Go to overview'),
        })),
      })),
    },
  });
}
