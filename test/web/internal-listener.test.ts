import { expect } from 'chai';
import { openListener } from '../../plugin/helpdesk/internal-listener.js';
import { scriptedServer } from '../mail/scripted-server.js';

const HEAD = 'HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n';
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const END = '0\r\n\r\n';

/** A helpdesk that answers the probe, then writes a page in these pieces; it ends the page when it is told to. */
async function helpdesk(...pieces: string[]) {
  let end = () => {};
  let onClosed = () => {};
  const closed = new Promise<void>((resolve) => {
    onClosed = resolve;
  });
  const server = await scriptedServer({
    behave: (socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 204 No Content\r\nX-OAuth2-Sidecar-Seen: 192.0.2.1\r\n\r\n');
        socket.once('data', () => {
          socket.once('close', onClosed);
          socket.write(HEAD);
          for (const piece of pieces) socket.write(chunk(piece));
          end = () => socket.end(END);
        });
      }),
  });
  const connection = openListener({ host: '127.0.0.1', port: server.port, secret: null, certificate: null });
  await connection.probe('192.0.2.1');
  return { server, connection, closed, end: () => end() };
}

describe('a page from the internal listener', () => {
  it('has arrived with its </html>, and the helpdesk ends the connection undisturbed', async () => {
    const { server, connection, closed, end } = await helpdesk('<html><p>Grüße', '</p></html>\n');
    const page = await connection.get('/', '192.0.2.1', {});
    connection.close();
    const isOpen = await Promise.race([
      closed.then(() => false),
      new Promise((on) => setTimeout(on, 50, true)),
    ]);
    end();
    await closed;
    await server.close();
    expect(page).to.deep.include({ status: 200, body: '<html><p>Grüße</p></html>\n' });
    expect(isOpen).to.equal(true);
  });

  it('without </html> has arrived with the end of the response', async () => {
    const { server, connection, end } = await helpdesk('<html><p>cut</html', ' >');
    const page = connection.get('/', '192.0.2.1', {});
    const early = await Promise.race([page, new Promise((on) => setTimeout(on, 50, 'waits'))]);
    end();
    const { body } = await page;
    connection.close();
    await server.close();
    expect([early, body]).to.deep.equal(['waits', '<html><p>cut</html >']);
  });
});
