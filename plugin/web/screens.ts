import { sendTest, showAlerts } from './routes/alerts.js';
import { showBar } from './routes/bar.js';
import { showConnect } from './routes/connect.js';
import { connectMicrosoft } from './routes/connect-microsoft.js';
import { copyConfig } from './routes/copy.js';
import { confirmDelete, deleteConfig } from './routes/delete.js';
import { runDoctor, showDoctor } from './routes/doctor.js';
import { addFromTemplate, discoverProvider, editConfig, saveConfig, showStaleForm } from './routes/edit.js';
import { addMissingParts, markSharedMailboxes } from './routes/edit-actions.js';
import { exportConfigs, showExport } from './routes/export.js';
import { fetchNow } from './routes/fetch-mail.js';
import { showHistory } from './routes/history.js';
import { importFile, previewFile, showImport } from './routes/import.js';
import { showMailAccounts } from './routes/mail-accounts.js';
import { muteOne } from './routes/mute.js';
import { showNextSteps } from './routes/next-steps.js';
import { showOverview } from './routes/overview.js';
import { createRelayPassword, revokeOne, showRelayPasswords } from './routes/relay-passwords.js';
import { importKey } from './routes/service-account.js';
import { showMailboxes, testOne } from './routes/test-mailbox.js';
import { renewToken, requestAdminConsent, requestToken } from './routes/token.js';
import type { ScreenCall } from './screen-call.js';

type Handler = (call: ScreenCall) => Promise<void>;

/** One screen: the right it requires and its handlers. Every POST requires the helpdesk's challenge token. */
export interface Screen {
  permission: 'ro' | 'rw';
  /** Its GET does not answer with a page. */
  noPage?: true;
  /** Its GET sends secrets, so requests from other websites are refused. */
  sendsSecrets?: true;
  get?: Handler;
  post?: Handler;
  /** Shows a form again whose challenge token is no longer valid; it must change nothing. */
  stale?: Handler;
}

/** Subaction -> screen: the helpdesk's own names first, then ours. */
export const SCREENS: Readonly<Record<string, Screen>> = {
  '': { permission: 'ro', get: showOverview },
  ConnectMailbox: { permission: 'rw', get: showConnect },
  ConnectMicrosoft: { permission: 'rw', get: connectMicrosoft },
  AddTokenConfigByTemplateFile: { permission: 'rw', get: addFromTemplate },
  EditTokenConfig: { permission: 'rw', get: editConfig },
  DiscoverProvider: { permission: 'rw', post: discoverProvider },
  SaveTokenConfig: { permission: 'rw', post: saveConfig, stale: showStaleForm },
  DeleteTokenConfig: { permission: 'rw', get: confirmDelete, post: deleteConfig },
  ImportTokenConfigurations: { permission: 'rw', get: showImport, post: previewFile },
  ConfirmImport: { permission: 'rw', post: importFile },
  Export: { permission: 'rw', get: showExport },
  ExportTokenConfigurations: { permission: 'rw', noPage: true, sendsSecrets: true, get: exportConfigs },
  CopyTokenConfig: { permission: 'rw', post: copyConfig },
  History: { permission: 'ro', get: showHistory },
  AddMissing: { permission: 'rw', post: addMissingParts },
  MarkSharedMailboxes: { permission: 'rw', post: markSharedMailboxes },
  ImportServiceAccountKey: { permission: 'rw', post: importKey },
  RequestAdminConsent: { permission: 'rw', post: requestAdminConsent },
  RequestToken: { permission: 'rw', post: requestToken },
  RefreshToken: { permission: 'rw', post: renewToken },
  TestMailbox: { permission: 'rw', get: showMailboxes, post: testOne },
  NextSteps: { permission: 'rw', get: showNextSteps },
  RelayPasswords: { permission: 'rw', get: showRelayPasswords, post: createRelayPassword },
  RevokeRelayPassword: { permission: 'rw', post: revokeOne },
  FetchMail: { permission: 'rw', post: fetchNow },
  MuteMailbox: { permission: 'rw', post: muteOne },
  Alerts: { permission: 'rw', get: showAlerts, post: sendTest },
  Doctor: { permission: 'rw', get: showDoctor, post: runDoctor },
  Bar: { permission: 'ro', noPage: true, get: showBar },
  MailAccounts: { permission: 'ro', noPage: true, get: showMailAccounts },
};
