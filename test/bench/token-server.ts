import { createServer } from 'node:http';

/** A token endpoint that answers at once, to measure its clients: `node … token-server.ts <port>`. */
let count = 0;
createServer((request, response) => {
  request.resume().on('end', () => {
    count++;
    response.setHeader('Content-Type', 'application/json');
    response.end(
      JSON.stringify({
        access_token: `${count}-${'t'.repeat(1500)}`,
        refresh_token: `${count}-${'r'.repeat(1000)}`,
        token_type: 'Bearer',
        expires_in: 3600 * 24,
      }),
    );
  });
}).listen(Number(process.argv[2]), '127.0.0.1', () => process.send?.('ready'));
