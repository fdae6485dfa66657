import { createServer, type RequestListener } from 'node:http';

/** Listens on a free port and reports it on standard error in the same format as the exporter. */
export function listen(handler: RequestListener): void {
  // As long as Tomcat, which Camunda's gateway uses, keeps connections: longer than the interval of polls.
  const server = createServer({ keepAliveTimeout: 60_000 }, handler);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object') process.stderr.write(`listening on http://127.0.0.1:${address?.port}\n`);
  });
}
