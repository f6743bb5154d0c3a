import { SidecarError } from '../../errors.js';
import { type Command, JSON_OPTION, UsageError } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { CONFIGURATION, configOf } from '../lookup.js';
import { localTime } from '../output.js';

/** Where there is no helpdesk (db/own-tables.ts). */
const ONLY_USER = 'root@localhost';

export const command: Command = {
  summary: 'Prints the address at which the owner of the mailbox gives consent in a browser',
  details:
    'The browser must be logged in to the helpdesk as the user given by --user when the provider redirects back; where nothing answers there, "token complete" takes the address. The address is bound to that user, works once, and expires after 10 minutes.',
  arguments: [CONFIGURATION],
  options: {
    user: {
      value: 'LOGIN',
      description: 'helpdesk user who will open the address and may change token configurations',
    },
    ...JSON_OPTION,
  },
  examples: [
    ['token authorize-url "Support mailbox" --user jane', 'for Jane, who is logged in to the helpdesk'],
  ],
  async run(call) {
    const adapters = call.helpdesk();
    const { isAlone } = adapters.config;
    const login = call.text('user') ?? (isAlone ? ONLY_USER : undefined);
    if (login === undefined)
      throw new UsageError('Missing: --user LOGIN, the user who will open the address.');
    const config = await configOf(adapters, call.arguments[0]);
    await adapters.ready();
    const [{ modulePermission }, { AUTHORIZATION_LIFETIME, startAuthorization }] = await Promise.all([
      import('../../helpdesk/module-permission.js'),
      import('../../usecases/start-authorization.js'),
    ]);
    const permissions = await adapters.permissions();
    const settings = await adapters.settings();
    const named = await permissions.byLogin(login);
    const user = named && (await permissions.user(named.id));
    if (!named || !user?.valid)
      throw new SidecarError('unknown-user', { detail: `No valid user "${login}".` });
    if (!isAlone && modulePermission(await settings.current(), user.rights) !== 'rw')
      throw new SidecarError('no-permission', { detail: `"${login}" may not change token configurations.` });
    const deps = {
      settings,
      tokenConfigs: await adapters.tokenConfigs(),
      authorizations: await adapters.authorizations(),
      clock: adapters.clock,
    };
    const { url } = await startAuthorization(deps, {
      configId: config.id,
      agent: { userId: named.id, sessionId: null },
    });
    const expires = new Date(adapters.clock().getTime() + AUTHORIZATION_LIFETIME);
    if (call.flag('json')) call.out.json({ id: config.id, url, user: user.login, expires });
    else {
      call.out.line(url);
      call.out.warn(
        isAlone
          ? `until ${localTime(expires)}, once; then give the address of the browser to "token complete"`
          : `for "${user.login}", logged in to the helpdesk; until ${localTime(expires)}, once`,
      );
    }
    return EXIT.ok;
  },
};
