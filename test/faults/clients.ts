/** An attack by clients of the exporter, for docs/reliability.md. */
interface ClientAttack {
  readonly attack: string;
  readonly bound: string;
  /** The effect on other clients. */
  readonly others: string;
  /** The test of the attack: its file, and its title or the beginning of the title. */
  readonly test: readonly [file: string, title: string];
}

const here = 'test/faults/clients.test.ts';
const limits = 'test/http/limits.test.ts';
const app = 'test/http/app.test.ts';
const passwords = 'test/http/passwords.test.ts';
const tls = 'test/http/tls.test.ts';

export const clientAttacks: readonly ClientAttack[] = [
  {
    attack: 'one address keeps opening connections',
    bound: '1,024 connections: at the limit, the address with the most connections loses one',
    others: 'none: they can connect and get responses',
    test: [here, 'answers scrapes of another address while one address keeps opening connections'],
  },
  {
    attack: 'addresses with many connections use up the limit',
    bound: '128 connections are reserved for addresses with at most 8',
    others: 'none: new addresses can connect without displacing another connection',
    test: [limits, 'an address that has many leaves some free'],
  },
  {
    attack: 'connections that never finish a request, or never read the response',
    bound: '10 s for a request, 60 s for a response',
    others: 'none',
    test: [limits, 'do not keep 200 scrapes from being answered'],
  },
  {
    attack: 'many pipelined requests on each connection',
    bound: '8 pipelined requests; identical responses share their bytes',
    others: 'a delay of a few seconds on a busy machine; at most 128 MiB of memory is used',
    test: [here, 'needs less than 128 MiB of memory for pipelined responses that are not read'],
  },
  {
    attack: 'slow readers of many versions of a page',
    bound:
      '64 MiB of distinct bytes, or a sixteenth of the memory limit if that is less, may wait for clients: beyond that, the address with the most waiting bytes loses the connection that has waited longest',
    others: 'none: addresses with fewer waiting bytes lose no connection',
    test: ['test/http/backlog.test.ts', 'are dropped above the limit for the address that has the most'],
  },
  {
    attack: 'a `Host` header of 15 kB, which `/sd` would repeat for each cluster',
    bound: '400 if longer than 259 characters',
    others: 'none',
    test: [app, 'rejects a Host header longer than a host name can be'],
  },
  {
    attack: 'content negotiation headers of 15 kB',
    bound:
      '`Accept` and `Accept-Encoding` are ignored if longer than 1,000 characters; 431 if all headers exceed 16 KiB',
    others: 'none',
    test: ['test/http/negotiate.test.ts', 'if it is %s'],
  },
  {
    attack: 'a scrape timeout of several years',
    bound: 'a scrape timeout of more than a day is ignored',
    others: 'none',
    test: [app, 'sets no timer for a scrape timeout that exceeds'],
  },
  {
    attack: 'thousands of `POST /-/reload`',
    bound: 'one reload runs and one waits, which all requests share; a pause follows each reload',
    others: 'scrapes get their responses between two reloads',
    test: [here, 'shares one reload between thousands of POST /-/reload'],
  },
  {
    attack: 'a web page of another site requests a reload',
    bound: '403 by `Sec-Fetch-Site` and `Origin`',
    others: 'none',
    test: [here, 'rejects reloads and reads of web pages of another site'],
  },
  {
    attack: 'a web page whose name is rebound to the exporter (DNS rebinding)',
    bound: 'if `web.allowed_hosts` is set, 403 for all other host names',
    others: 'none',
    test: [here, 'rejects reloads and reads of web pages of another site'],
  },
  {
    attack: 'so many connections that no file descriptors are left',
    bound: 'responses open no files; code that could not be loaded is loaded with the next request',
    others: 'no new connections until file descriptors are free again; then everything works',
    test: [here, 'answers all paths again after it had no free file descriptors'],
  },
  {
    attack: 'wrong passwords from several addresses',
    bound: '16 comparisons wait, 4 of one address; addresses with fewer wrong passwords are served first',
    others: 'none for clients that have already authenticated; new ones wait for one comparison',
    test: [passwords, 'from eight addresses, kept up, lets a new address'],
  },
  {
    attack: 'timing attack on user names',
    bound: 'rejecting any wrong password takes as long as the most costly hash',
    others: 'none',
    test: [passwords, 'costs as much as the most expensive hash'],
  },
  {
    attack: 'resuming a TLS session whose client certificate has since expired, or whose CA was replaced',
    bound:
      'sessions are not resumed if client certificates are requested; the connection is closed after the next response',
    others: 'none',
    test: [tls, 'is resumed only if no client certificate is requested'],
  },
];
