import { createServer, type RequestListener } from 'node:http';

/** Listens on a free port and reports it on standard error in the same format as the exporter. */
export function listen(handler: RequestListener): void {
  const server = createServer(handler);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object') process.stderr.write(`listening on http://127.0.0.1:${address?.port}\n`);
  });
}
