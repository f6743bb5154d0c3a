import type { IncomingMessage } from 'node:http';
import type { Channel } from '../domain/helpdesk/channel.js';

const channels = new WeakMap<IncomingMessage, Channel>();

/** Notes by which listening socket a request has arrived; said by whoever listens. */
export const arrivedBy = (request: IncomingMessage, channel: Channel): void =>
  void channels.set(request, channel);

/** What nobody has noted proves the least. */
export const channelOf = (request: IncomingMessage): Channel => channels.get(request) ?? 'status';
