import type { IncomingMessage } from 'node:http';
import type { Channel } from '../domain/helpdesk/channel.js';

const channels = new WeakMap<IncomingMessage, Channel>();

/** Records the listening socket through which a request arrived; the listener calls it. */
export const arrivedBy = (request: IncomingMessage, channel: Channel): void =>
  void channels.set(request, channel);

/** A request without a record has the least trusted channel. */
export const channelOf = (request: IncomingMessage): Channel => channels.get(request) ?? 'status';
