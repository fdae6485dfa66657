import { faults } from '../test/faults/faults.ts';
import { startFaultyServer } from '../test/faults/faulty-server.ts';
import { listen } from './listen.ts';
import { topologyDocument } from './sizes.ts';

// Clusters that fail in every way of docs/reliability.md: `node bench/fleet-faults.ts`. GET / returns their addresses as
// JSON.
const body = topologyDocument('S');
const behaviours = faults
  .filter(({ outcomes }) => !['tolerated', '–'].includes(outcomes.cluster))
  .flatMap((fault) => fault.behaviours('cluster'));
const servers = await Promise.all(behaviours.map((behaviour) => startFaultyServer(behaviour, () => body)));
const origins = JSON.stringify(servers.map(({ origin }) => origin));

listen((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(origins);
});
