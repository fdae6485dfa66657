import { listen } from './listen.ts';
import { type Size, topologyDocument } from './sizes.ts';

// A cluster that responds from memory, with its variants in turn: `node bench/cluster.ts SIZE VARIANTS`.
const [size, variants] = process.argv.slice(2);
const answers = Array.from({ length: Number(variants) }, (_, variant) =>
  Buffer.from(topologyDocument(size as Size, variant)),
);
let requests = 0;

listen((_request, response) => {
  const answer = answers[requests++ % answers.length] ?? Buffer.alloc(0);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
  response.end(answer);
});
