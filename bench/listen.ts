import { createServer, type RequestListener } from 'node:http';

/** Serves on a port of its own choice, and says where as the exporter does. */
export function listen(handler: RequestListener): void {
  const server = createServer(handler);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object') process.stderr.write(`listening on http://127.0.0.1:${address?.port}\n`);
  });
}
