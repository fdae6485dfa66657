import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

// The limit: hands out the bytes of two files, the second one to whoever takes gzip.
const [plain, gzip] = process.argv.slice(2).map((path) => readFileSync(path));

const server = createServer((request, response) => {
  const zipped = request.headers['accept-encoding']?.includes('gzip') ?? false;
  const bytes = (zipped ? gzip : plain) ?? Buffer.alloc(0);
  response.writeHead(200, {
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'content-length': bytes.length,
    ...(zipped && { 'content-encoding': 'gzip' }),
  });
  response.end(bytes);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.stderr.write(`listening on http://127.0.0.1:${address?.port}\n`);
});
