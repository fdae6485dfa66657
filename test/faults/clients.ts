/** What a client does to the exporter, for docs/reliability.md. */
interface ClientAttack {
  readonly attack: string;
  readonly bound: string;
  /** What the other clients see. */
  readonly others: string;
  /** The test that shows it: its file, and its title or the beginning of it. */
  readonly test: readonly [file: string, title: string];
}

const here = 'test/faults/clients.test.ts';
const limits = 'test/http/limits.test.ts';
const app = 'test/http/app.test.ts';
const passwords = 'test/http/passwords.test.ts';
const tls = 'test/http/tls.test.ts';

export const clientAttacks: readonly ClientAttack[] = [
  {
    attack: 'one address holds connections, and opens more',
    bound: '1,024 connections: at the limit the address with the most loses one',
    others: 'they are let in and answered',
    test: [here, 'scrapes of another address are answered'],
  },
  {
    attack: 'addresses with many connections fill the places',
    bound: '128 of the places are left to addresses with at most 8 connections',
    others: 'new addresses displace no connection',
    test: [limits, 'an address that has many leaves some free'],
  },
  {
    attack: 'connections that never finish a request, or never read the answer',
    bound: '10 s for a request, 60 s for an answer',
    others: 'nothing',
    test: [limits, 'do not keep 200 scrapes from being answered'],
  },
  {
    attack: 'many requests sent at once on each connection',
    bound: '8 unanswered requests; clients that ask for the same share its bytes',
    others: 'a few seconds of delay on a busy machine, 64 MiB of memory at most',
    test: [here, 'answers of which nothing is read take little memory'],
  },
  {
    attack: 'slow readers of many versions of a page',
    bound:
      '64 MiB of distinct bytes, or a sixteenth of the memory limit if that is less, wait for clients: over that the address that keeps the most loses the connection that has waited longest',
    others: 'nothing: addresses that keep less lose none',
    test: ['test/http/backlog.test.ts', 'are dropped above the limit for the address that has the most'],
  },
  {
    attack: 'a `Host` of 15 kB, which `/sd` repeats for each cluster',
    bound: '400 above 259 characters',
    others: 'nothing',
    test: [app, 'rejects a Host header longer than a host name can be'],
  },
  {
    attack: 'headers of 15 kB to negotiate by',
    bound: 'above 1,000 characters `Accept` and `Accept-Encoding` are ignored; above 16 KiB of headers: 431',
    others: 'nothing',
    test: ['test/http/negotiate.test.ts', 'if it is %s'],
  },
  {
    attack: 'a scrape timeout of years',
    bound: 'above a day it is none',
    others: 'nothing',
    test: [app, 'sets no timer for a scrape timeout that exceeds'],
  },
  {
    attack: 'thousands of `POST /-/reload`',
    bound: 'one reload is under way and one waits, which all share; a pause after each',
    others: 'scrapes are answered between two reloads',
    test: [here, 'reloads are shared'],
  },
  {
    attack: 'a web page of another site asks for a reload',
    bound: '403 by `Sec-Fetch-Site` and `Origin`',
    others: 'nothing',
    test: [here, 'a page of another site can neither reload'],
  },
  {
    attack: 'a web page whose name is rebound to the exporter (DNS rebinding)',
    bound: '403 for host names that are not in `web.allowed_hosts`, where that is set',
    others: 'nothing',
    test: [here, 'a page of another site can neither reload'],
  },
  {
    attack: 'so many connections that there are no file descriptors left',
    bound: 'no answer opens a file; what could not be loaded is loaded with the next request',
    others: 'no new connection until there are some again; then everything is answered',
    test: [here, 'everything is answered once there are file descriptors again'],
  },
  {
    attack: 'wrong passwords from several addresses',
    bound: '16 checks wait, 4 of one address; addresses with fewer wrong passwords go first',
    others: 'clients that were let in before: nothing; new ones wait for one check',
    test: [passwords, 'from eight addresses, kept up, lets a new address'],
  },
  {
    attack: 'user names guessed by the time of the answer',
    bound: 'every wrong password costs as much as the most costly hash',
    others: 'nothing',
    test: [passwords, 'costs as much as the most expensive hash'],
  },
  {
    attack: 'a TLS session of a client certificate that has expired since, or of a CA that was replaced',
    bound: 'no session is resumed where a certificate is asked for; a connection is closed after an answer',
    others: 'nothing',
    test: [tls, 'is resumed only if no client certificate is requested'],
  },
];
