import { readFileSync } from 'node:fs';
import { listen } from './listen.ts';

// The baseline for scrapes: serves the bytes of two files from memory, the second one to clients that accept gzip.
const [plain, gzip] = process.argv.slice(2).map((path) => readFileSync(path));

listen((request, response) => {
  const zipped = request.headers['accept-encoding']?.includes('gzip') ?? false;
  const bytes = (zipped ? gzip : plain) ?? Buffer.alloc(0);
  response.writeHead(200, {
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'content-length': bytes.length,
    ...(zipped && { 'content-encoding': 'gzip' }),
  });
  response.end(bytes);
});
