import { createSessionRows } from '../db/repositories/sessions.js';
import type { Adapters } from './adapters/adapters.js';
import type { TokenEndpoint } from './domain/provider/token-endpoint.js';
import { measuredEndpoint } from './health/measured-endpoint.js';
import { createMetrics } from './health/metrics.js';
import { createPageFrame } from './helpdesk/page-frame.js';
import { createSessionFiles } from './helpdesk/session-files.js';
import { challengeTokenMatches, createSessionReader, loginUrl } from './helpdesk/session-reader.js';
import { rememberFor } from './lib/remember-for.js';
import { listPasswords } from './usecases/list-passwords.js';
import { mailFigures } from './usecases/mailbox-figures.js';
import type { WebDeps } from './web/deps.js';

/** How old the answer may be to what signs in with a password. Milliseconds. */
const PASSWORDS_AGE = 10_000;

/** What screens and services share, without what only a running sidecar has. */
export type Prepared = Omit<
  WebDeps,
  'render' | 'translate' | 'textLanguage' | 'catchUp' | 'isStalled' | 'fetching' | 'watchMail' | 'relayPlaces'
>;

/** Builds everything that needs the database, once it answers. */
export async function prepare(adapters: Adapters): Promise<Prepared> {
  const { config, log, clock, holder, helpdeskTime } = adapters;
  const { notes } = await adapters.ready();
  for (const note of notes) log.warn({}, note);
  const settings = await adapters.settings();
  const table = async () => (await settings.current()).text('SessionTable', 'sessions');
  const sessions = {
    DB: createSessionRows({ db: await adapters.database(), table }),
    FS: createSessionFiles({ settings, home: config.home }),
  };
  const renewals = await adapters.renewals();
  const journal = await adapters.journal();
  const mailWatch = await adapters.mailWatch();
  const mail = () => mailFigures({ mailWatch, settings, clock });
  const passwordUses = await adapters.passwordUses();
  const passwords = rememberFor(
    PASSWORDS_AGE,
    () => listPasswords({ passwordUses, settings, clock }),
    () => clock().getTime(),
  );
  const metrics = createMetrics({ renewals, journal, mail, clock });
  /** Loaded by the first request: it is a quarter of the program, and no screen needs it. */
  const endpoint: TokenEndpoint = { post: async (request) => (await adapters.endpoint()).post(request) };
  return {
    settings,
    sessions: createSessionReader({ settings, sessions, permissions: await adapters.permissions(), clock }),
    frame: createPageFrame({
      settings,
      log,
      ...config.listener,
      secret: config.secret,
      certificate: config.listenerCertificate,
    }),
    loginUrl: async (query) => loginUrl(query),
    challengeTokenMatches: async (agent, given) =>
      challengeTokenMatches(await settings.current(), agent, given),
    tokenConfigs: await adapters.tokenConfigs(),
    overview: await adapters.overview(),
    tokens: await adapters.tokens(),
    authorizations: await adapters.authorizations(),
    importPreviews: await adapters.importPreviews(),
    renewals,
    journal,
    metrics,
    events: await adapters.events(),
    usages: await adapters.usages(),
    mailFetches: await adapters.mailFetches(),
    lastTests: await adapters.lastTests(),
    passwords: () => passwords().catch(() => []),
    mailWatch,
    relayPasswords: await adapters.relayPasswords(),
    abilities: await adapters.abilities(),
    caches: await adapters.caches(),
    endpoint: measuredEndpoint(endpoint, metrics),
    clientKeys: await adapters.clientKeys(),
    serviceAccountKeys: await adapters.serviceAccountKeys(),
    mailboxes: await adapters.mailboxes(),
    mailFetcher: await adapters.mailFetcher(),
    doctor: adapters.doctor,
    alerting: adapters.alerting,
    templates: await adapters.templates(),
    identities: await adapters.identities(),
    documents: await adapters.documents(),
    helpdeskTime,
    clock,
    log,
    channelSecret: config.secret,
    holder,
  };
}
