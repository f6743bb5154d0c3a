/** The running test instance and what tests do with it. Without `make lab` or `make test` it says so. */
import './clean-start.js';
import './failed-pages.js';

export { browser, saveNewConfig, signIn } from './browser.js';
export { znunyOauth2 } from './command-line.js';
export { databaseRows } from './database.js';
export { console, perl } from './helpdesk.js';
export { itWithTokens, lab, usesTokens } from './instance.js';
export { loadBalancer } from './load-balancer.js';
export { choose, LOOKS, signedIn } from './looks.js';
export { deliverMail, MAIL_PORTS, mailAccount } from './mail.js';
export { provider } from './provider.js';
export { type Session, session } from './session.js';
export { extraSidecar } from './sidecar.js';
