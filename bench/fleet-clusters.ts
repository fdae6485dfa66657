import { listen } from './listen.ts';
import { topologyDocument } from './sizes.ts';

// Many clusters of size S and their identity provider, which respond from memory: `node bench/fleet-clusters.ts [often]`.
// The topology of a cluster is at /NUMBER/v1/topology and changes at every hundredth request, or at every request (often);
// what is not an exporter requests it at /NAME-NUMBER/v1/topology. GET /lateness returns how many milliseconds later or
// earlier each request of an exporter arrived than one interval after the one before, as JSON, and forgets them.
const interval = 15_000;
const requestsPerTopology = process.argv[2] === 'often' ? 1 : 100;
const answers = [0, 1, 2, 3].map((variant) => Buffer.from(topologyDocument('S', variant)));
const token = JSON.stringify({ access_token: 'an-opaque-token', token_type: 'Bearer', expires_in: 300 });
const arrivals = new Map<string, number>();
let lateness: number[] = [];
const requests = new Map<string, number>();

function recordArrival(url: string): void {
  if (!/^\/\d+\//.test(url)) return;
  const now = performance.now();
  const before = arrivals.get(url);
  arrivals.set(url, now);
  if (before !== undefined) lateness.push(now - before - interval);
}

function respond(url: string): string | Buffer {
  if (url === '/token') return token;
  if (url === '/lateness') {
    const recorded = lateness;
    lateness = [];
    return JSON.stringify(recorded);
  }
  recordArrival(url);
  // The clusters change one after the other, not all at the same time.
  const request = requests.get(url) ?? Number(/\d+/.exec(url));
  requests.set(url, request + 1);
  return answers[Math.floor(request / requestsPerTopology) % answers.length] ?? '';
}

listen((request, response) => {
  request.resume();
  const answer = respond(request.url ?? '');
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) });
  response.end(answer);
});
