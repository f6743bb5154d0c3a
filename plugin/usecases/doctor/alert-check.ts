import { CHANNEL_LABELS, channelFaults } from '../../domain/alert/channel-report.js';
import { type Finding, finding, ok } from '../../domain/doctor/doctor.js';
import type { DoctorDeps } from '../../domain/doctor/doctor-ports.js';
import { inEnglish, phrase } from '../../lib/phrase.js';
import { listChannels } from '../alert/list-channels.js';

const REMEDY = {
  text: phrase('Send a test through each channel and check the response.'),
  command: 'znuny-oauth2 alert test',
};

/** Do alerts arrive? Reads what the sidecars have noted and sends nothing. */
export async function checkAlerts({ alerts, alertChannels, clock }: DoctorDeps): Promise<Finding> {
  const reports = await listChannels({ alerts: await alerts(), channels: await alertChannels(), clock });
  const faults = reports.flatMap((report) => channelFaults(report, report.name));
  if (faults.length > 0) return finding('fault', faults, REMEDY);
  const on = reports.filter(({ state }) => state === 'on');
  if (on.length === 0) return ok(phrase('No channel is set up, so problems are shown only in the helpdesk.'));
  const remarks = on.flatMap((report) => report.remarks);
  if (remarks.length > 0) return finding('warning', remarks);
  return ok(
    phrase('These channels work: %s.', on.map(({ name }) => inEnglish(CHANNEL_LABELS[name])).join(', ')),
  );
}
