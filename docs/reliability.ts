import { writeFileSync } from 'node:fs';

import { clientAttacks } from '../test/faults/clients.ts';
import { doors } from '../test/faults/documents.ts';
import { faults } from '../test/faults/faults.ts';

/** The page that `npm run docs` writes. */
export function reliabilityPage(): string {
  return `# Reliability

<!-- Written by \`npm run docs\` from test/faults/faults.ts and test/faults/clients.ts: change it there. -->

A monitor must outlive what it watches. This page says what the exporter promises when a cluster, a token endpoint or an
OpenID discovery document goes wrong, and which tests hold it to that.

## Promises

- A poll that goes wrong is one failed poll, counted once, under a reason of a closed set
  (\`zeebe_topology_poll_failures_total\`, \`zeebe_topology_auth_failures_total\`). It follows no redirect, and asks again
  only where something else is left to try: the other API version after a 404, another token after a 401, or after
  three 403s in a row, a new connection where a used one is closed before any byte of an answer. After a TLS handshake
  that it has refused, the exporter makes a second one to read the certificate.
- A connection that failed is not used again, nor one that is older than three minutes: a changed DNS record is followed.
- The next good answer heals everything: no restart, no state to clear. After a failed token request,
  the next one follows within a minute, or within 5 minutes if the endpoint refused it, or when its \`Retry-After\`
  says, within an hour. Polls in between fail without a request, under the same reason. After a cluster has answered
  401 or 403 to a new token, another one is requested within a minute.
- One cluster's trouble is its own: the polls of the others come at their times.
- What an answer may take is bounded: a topology has at most 16 MiB and 1,000,000 lists, objects and values, each of its
  texts 256 characters, a token response or discovery document 1 MiB, a token 16 KiB, headers 16 KiB. Of an error the
  first 64 KiB are read. The exporter asks for uncompressed answers; one that is compressed anyway is decoded under the
  same limits.
- What the clusters put on the page is bounded: all together a twelfth of the process's memory limit, from 32 MiB to
  256 MiB, also where there is no limit. A topology that there is no room for fails its poll (\`too_large\`); smaller
  clusters have precedence. Answers that are being read have a sixteenth of the limit together, also from 32 MiB to
  256 MiB; beyond that the largest one is cut.
- A log that is not read stops nothing: up to 1 MiB waits, later lines are lost, and one line says how many were.
- An answer is UTF-8. A byte order mark before it is left out; bytes that are not UTF-8 make it malformed.
- No exception reaches the process, whatever an answer, a configuration file or a request to the exporter holds.

## Faults

What each fault is called at each door, in the words of the metrics. A poll without a token fails as \`auth\`; the reason
in the table is then that of the authentication. "taken" means that the fault does no harm, "–" that this door cannot
have it.

${table()}

A listener that accepts nothing looks like one that is silent. A missing client certificate is seen in TLS 1.3 only
after the handshake, where the server's alert may be lost in the closing of the connection.

## Clients

What clients of the exporter can do, what bounds it, and what other clients notice. An address is an IPv4 address, or the
first 64 bits of an IPv6 address. The bounds are chosen for a memory limit of 512 MiB.

${clientTable()}

## Tests

| Test | What it does |
| --- | --- |
| \`test/faults/*-faults.test.ts\` | Every row of the table for every endpoint, over real sockets, side by side in one exporter that also polls healthy clusters; each fault ends after the first poll that it fails |
| \`test/faults/statuses.test.ts\` | Every 2xx, 4xx and 5xx |
| \`test/faults/memory.test.ts\` | The memory that large answers take |
| \`test/faults/clients.test.ts\` | Clients that attack the exporter, which runs as a process of its own |
| \`test/output.test.ts\` | Logs that are not read: pipes, terminals, sockets |
| \`test/fuzz\` | Generated answers, configuration files and requests; the seed is fixed in CI, and a failure prints it |
| \`test/e2e/soak.test.ts\` | 20,000 polls of 250 clusters that go wrong at random: no poll misses its time, memory, handles and connections do not grow |
| \`test/e2e/hostile-soak.test.ts\` | 200 clusters, a fifth of them hostile in turn, 1,000 held connections, 10 guessers of passwords, reloads, and a log that is not read for a minute, for ten minutes with a memory limit of 512 MiB: the exporter runs on, good clusters are polled on time, 99 of 100 scrapes take less than a second |

\`npx vitest run test/faults test/fuzz\` runs those of faults and generated input, as \`npm test\` does. \`npm run test:e2e -- test/e2e/soak.test.ts\`
runs the first soak. It takes three minutes and wants a machine that does nothing else.
`;
}

const headings = { cluster: 'Cluster', token: 'Token endpoint', discovery: 'Discovery document' };

function table(): string {
  const rows = faults.map(({ name, outcomes }) => [name, ...doors.map((door) => shown(outcomes[door]))]);
  const heading = ['Fault', ...doors.map((door) => headings[door])];
  return [heading, heading.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function clientTable(): string {
  const rows = clientAttacks.map(({ attack, bound, others, test: [file] }) => [attack, bound, others, `\`${file}\``]);
  const heading = ['Attack', 'Bound', 'Other clients', 'Test'];
  return [heading, heading.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function shown(outcome: string): string {
  return outcome === 'taken' || outcome === '–' ? outcome : `\`${outcome}\``;
}

if (import.meta.filename === process.argv[1]) {
  writeFileSync(new URL('reliability.md', import.meta.url), reliabilityPage());
}
