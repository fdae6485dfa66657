import { generateKeyPairSync } from 'node:crypto';
import { copyFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { hash } from 'bcrypt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { parseStrictly } from '../metrics/strict-parser.ts';
import { command, startExporter } from './exporter.ts';
import { freePorts } from './ports.ts';
import { createSystemFolder, type SystemFolder, start } from './process.ts';
import { echoPaths, startEcho } from './systems/echo.ts';
import { until } from './until.ts';

const fixtures = join(import.meta.dirname, '..', 'fixtures', 'config');

/** Every secret contains this mark, its own name, and characters that are escaped in many ways. */
const mark = 'OPENSESAME';
const secret = (name: string) => `${mark}-${name}&"/+<'%`;
/** Returns a secret for URLs, without special characters. */
const plainSecret = (name: string) => `${mark}${name}`;

const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
const keyLines = String(key)
  .split('\n')
  .filter((line) => line.length >= 40 && !line.startsWith('-----'));

/** The Base64 forms of the mark at each possible offset, without the characters that depend on its neighbours. */
const inBase64 = [0, 1, 2].map((before) => {
  const encoded = Buffer.from('\0'.repeat(before) + mark).toString('base64');
  return encoded.slice(before === 0 ? 0 : before + 1, Math.floor(((before + mark.length) * 4) / 3));
});

function leaks(text: string): readonly string[] {
  const forms = [mark, ...inBase64, ...keyLines];
  return forms.flatMap((form) => {
    const at = text.indexOf(form);
    return at === -1 ? [] : [text.slice(Math.max(0, at - 300), at + 100)];
  });
}

interface Cluster {
  readonly name: string;
  readonly address: string;
  readonly [setting: string]: unknown;
}

function oauth2(tokenUrl: string, more: object = {}) {
  return {
    client_id: 'exporter',
    client_secret: secret('client-secret'),
    token_url: `${tokenUrl}?key=${plainSecret('tokenurl')}`,
    endpoint_params: { tenant: secret('endpoint-param') },
    ...more,
  };
}

/** Returns clusters and identity providers that quote requests in every way, for each authentication method. */
function echoingClusters(echo: string, closedPort: number): readonly Cluster[] {
  const headers = { 'X-Api-Key': secret('header') };
  const basic_auth = { username: 'user', password: secret('password') };
  const fromFile = { username: 'user', password_file: 'password' };
  const proxy_url = `http://${plainSecret('proxyuser')}:${plainSecret('proxypassword')}@${echo}`;
  const tls_config = { cert_file: 'cert.pem', key_file: 'key.pem' };
  const jwt = { client_auth: 'private_key_jwt', client_certificate_key_file: 'jwt.pem', client_secret: undefined };
  const clusters = echoPaths.flatMap((path) => {
    const address = `http://${echo}/${path}`;
    return [
      { name: `basic ${path}`, address, headers, basic_auth },
      { name: `token ${path}`, address, headers, oauth2: oauth2(`http://${echo}/token`) },
      { name: `post ${path}`, address, oauth2: oauth2(address) },
      { name: `client basic ${path}`, address, oauth2: oauth2(address, { client_auth: 'client_secret_basic' }) },
      { name: `jwt ${path}`, address, oauth2: oauth2(address, jwt) },
    ];
  });
  return [
    ...clusters,
    { name: 'password file', address: `http://${echo}/401/text-plain`, basic_auth: fromFile },
    { name: 'http proxy', address: 'http://zeebe.invalid/', basic_auth, proxy_url },
    { name: 'https proxy', address: 'https://zeebe.invalid/', basic_auth, proxy_url },
    { name: 'certificate', address: `https://${echo}/`, tls_config, basic_auth },
    { name: 'refused', address: `http://127.0.0.1:${closedPort}/`, headers, basic_auth },
    { name: 'no token', address: 'http://zeebe.invalid/', oauth2: oauth2(`http://127.0.0.1:${closedPort}/token`) },
  ];
}

async function writeConfiguration({ data }: SystemFolder, clusters: readonly Cluster[]): Promise<string> {
  await writeFile(join(data, 'password'), `${secret('password-file')}\n`);
  await writeFile(join(data, 'jwt.pem'), key);
  await copyFile(join(fixtures, 'client-cert.pem'), join(data, 'cert.pem'));
  await copyFile(join(fixtures, 'client-key.pem'), join(data, 'key.pem'));
  const path = join(data, 'exporter.yaml');
  await writeFile(path, stringify({ poll_interval: '2s', clusters }));
  return path;
}

/** Returns invalid configurations, each with a secret in the invalid value or beside it. */
function invalidConfigurations(clusters: readonly Cluster[]): readonly string[] {
  const [first] = clusters;
  const withFirst = (more: object) => stringify({ clusters: [{ ...first, ...more }, ...clusters.slice(1, 6)] });
  const text = stringify({ clusters: clusters.slice(0, 6) });
  return [
    withFirst({ pasword: secret('typo') }),
    withFirst({ address: `http://user:${plainSecret('address')}@zeebe/` }),
    withFirst({ address: `user:${plainSecret('address')}@zeebe:8080` }),
    withFirst({ proxy_url: `ftp://${plainSecret('proxy')}@proxy` }),
    withFirst({ headers: { Authorization: secret('authorization') } }),
    withFirst({ headers: { 'X-Key': `${secret('header')}\n` } }),
    withFirst({ basic_auth: { username: 'user', password: [secret('list')] } }),
    withFirst({ basic_auth: secret('instead of a group') }),
    withFirst({ tls_config: { ca_file: 'password' } }),
    withFirst({ tls_config: { cert_file: 'password', key_file: 'password' } }),
    withFirst({ tls_config: { cert_file: 'cert.pem', key_file: 'jwt.pem' } }),
    text.replaceAll(':', ''),
    `${text}\n  - ${secret('dangling')}: {`,
    text.slice(0, text.lastIndexOf(mark) + 5),
  ];
}

const paths = [
  '/',
  '/metrics',
  '/api/v1/clusters',
  '/-/ready',
  '/-/healthy',
  '/sd',
  '/nothing',
  '/probe',
  '/probe?cluster=certificate&debug=true',
];

describe('secrets are hidden', () => {
  it('in logs, responses and errors of the exporter, for echoing servers and invalid configurations', async () => {
    const echo = await startEcho();
    const [closed = 0] = await freePorts(1);
    const at = await createSystemFolder('configuration');
    const clusters = echoingClusters(echo.host, closed);
    const configuration = await writeConfiguration(at, clusters);
    const webConfiguration = join(at.data, 'web.yaml');
    await writeFile(webConfiguration, stringify({ basic_auth_users: { scraper: await hash(secret('web'), 4) } }));
    const flags = [`--config.file=${configuration}`, '--log.level=debug'];
    const exporter = await startExporter({ flags: [...flags, `--web.config.file=${webConfiguration}`] });
    const authorization = (password: string) => ({
      authorization: `Basic ${Buffer.from(`scraper:${password}`).toString('base64')}`,
    });
    const outputs: string[] = [];
    const ask = async (path: string, init: RequestInit = {}) => {
      const right = authorization(secret('web'));
      const answer = await fetch(`http://${exporter.address}${path}`, { headers: right, redirect: 'manual', ...init });
      outputs.push(JSON.stringify([...answer.headers]), await answer.text());
      return answer.status;
    };

    await until('every cluster was polled', 120, async () => expect(await ask('/-/ready')).toBe(200));
    for (const path of paths) {
      for (const accept of ['*/*', 'application/openmetrics-text;version=1.0.0']) {
        await ask(path, { headers: { ...authorization(secret('web')), accept } });
      }
      expect(await ask(path.replace('/-/', '/'), { headers: authorization(secret('wrong')) })).toBe(401);
    }
    for (const { name } of clusters) await ask(`/probe?${new URLSearchParams({ cluster: name })}`);

    for (const text of invalidConfigurations(clusters)) {
      await writeFile(configuration, text);
      expect(await ask('/-/reload', { method: 'POST' }), outputs.at(-1)).toBe(500);
      const checked = await run(at, '--config.check', ...flags);
      expect(checked.code).toBe(1);
      outputs.push(checked.output);
    }
    await writeFile(webConfiguration, stringify({ basic_auth_users: { scraper: `$2b$10$${mark}` } }));
    await until('the invalid web configuration is logged', 30, async () => {
      await ask('/metrics');
      expect(exporter.running.output()).toContain('web.yaml');
    });
    await exporter.running.stop();

    const everything = [...outputs, exporter.running.output()].join('\n');
    expect(everything).toContain('<secret>');
    expect(leaks(everything)).toEqual([]);
    // The servers did receive the secrets, so there was something to hide.
    const sent = echo.received.join('\n');
    for (const name of ['header', 'client-secret', 'endpoint-param']) expect(sent).toContain(`${mark}-${name}`);
    for (const form of inBase64) expect(leaks(`Basic ${form}`)).toHaveLength(1);
  });

  it('in the text and JSON output of check', async () => {
    const echo = await startEcho();
    const [closed = 0] = await freePorts(1);
    const at = await createSystemFolder('configuration');
    const file = `--config.file=${await writeConfiguration(at, echoingClusters(echo.host, closed))}`;
    const textOutput = await run(at, 'check', file, '--log.level=debug');
    const jsonOutput = await run(at, 'check', '--output=json', file);
    for (const { code, output } of [textOutput, jsonOutput]) {
      expect(code).toBe(1);
      expect(output).toContain('<secret>');
      expect(leaks(output)).toEqual([]);
    }
  });

  it('in the log of an unexpected exception that quotes all of them', async () => {
    const echo = await startEcho();
    const at = await createSystemFolder('configuration');
    const [first] = echoingClusters(echo.host, 1);
    const all = echoingClusters(echo.host, 1).filter(({ name }) => /200\/text-html|proxy|certificate|file/.test(name));
    const configuration = await writeConfiguration(at, first ? all : []);
    const quoted = [
      ...['password', 'header', 'client-secret', 'endpoint-param', 'password-file'].map(secret),
      `authorization: Basic ${Buffer.from(`user:${secret('password')}`).toString('base64')}`,
      `http://${plainSecret('proxyuser')}:${plainSecret('proxypassword')}@${echo.host}`,
      `proxy password ${plainSecret('proxypassword')}`,
      `form ${new URLSearchParams({ client_secret: secret('client-secret') })}`,
      `key ${key}`,
      `line ${keyLines[3]}`,
    ];
    const script = `
      import { Server } from 'node:net';
      const { listen } = Server.prototype;
      const quoted = ${JSON.stringify(quoted)};
      Server.prototype.listen = function (...args) {
        this.once('listening', () => setTimeout(() => {
          throw Object.assign(new Error(quoted.join('; ')), { quoted, cause: new Error(quoted.join(', ')) });
        }, 200));
        return listen.apply(this, args);
      };`;
    for (const format of ['json', 'logfmt', 'pretty']) {
      const flags = [`--config.file=${configuration}`, '--web.listen-address=127.0.0.1:0', `--log.format=${format}`];
      const { code, output } = await run(at, ...flags, {
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}`,
      });
      expect(code).toBe(1);
      expect(output).toContain('ended by an unexpected error');
      expect(leaks(output)).toEqual([]);
    }
  });
});

describe('the answer of a cluster', () => {
  const forged = 'FORGED';
  const nasty = [
    `x\n{"level":"fatal","msg":"${forged}"}`,
    `x\r\n${forged}{zeebe_cluster="y"} 1`,
    `x"} 1\n${forged} 1\n#`,
    `x\\"} 1\n${forged} 1\n# EOF\n`,
    `x\u2028\u2029\u0085${forged}`,
    `x\u001b[2J\u001b[31m\u009b31m${forged}`,
    `x\0\b\u007f\u202e${forged}`,
  ];

  it.each(['json', 'logfmt', 'pretty'])('cannot forge a log line in the format %s, nor a series', async (format) => {
    const [port = 0] = await freePorts(1);
    const topologies = nasty.map((text) => ({
      brokers: [{ nodeId: 0, host: text, port: 1, version: text, partitions: [] }],
      clusterSize: 1,
      partitionsCount: 1,
      replicationFactor: 1,
      gatewayVersion: text,
      clusterId: text,
    }));
    const bodies = [
      ...topologies.map((each) => JSON.stringify(each)),
      ...nasty,
      ...nasty.map((text) => JSON.stringify({ brokers: text })),
    ];
    const server = createServer((request, response) => {
      const [, status = '', index = ''] = request.url?.split('/') ?? [];
      const body = bodies[Number(index)] ?? '';
      response.writeHead(Number(status), {
        'content-type': 'application/json',
        'www-authenticate': `Bearer error="x \\" y"`,
      });
      response.end(body);
    }).listen(port, '127.0.0.1');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const clusters = [200, 401, 404, 500].flatMap((status) =>
      bodies.map((_body, index) => ({
        name: `${status} ${index}`,
        address: `http://127.0.0.1:${port}/${status}/${index}`,
      })),
    );
    const at = await createSystemFolder('configuration');
    const path = join(at.data, 'exporter.yaml');
    await writeFile(path, stringify({ poll_interval: '2s', clusters }));
    const [own = 0] = await freePorts(1);
    const flags = [
      `--config.file=${path}`,
      '--log.level=debug',
      `--log.format=${format}`,
      `--web.listen-address=127.0.0.1:${own}`,
    ];
    const running = start(at, [...command, ...flags]);
    onTestFinished(running.stop);
    const get = async (where: string, accept = '*/*') =>
      fetch(`http://127.0.0.1:${own}${where}`, { headers: { accept } });
    await until('every cluster was polled', 120, async () => expect((await get('/-/ready')).status).toBe(200));

    for (const [form, accept] of [
      ['text', 'text/plain'],
      ['openmetrics', 'application/openmetrics-text;version=1.0.0'],
    ] as const) {
      const families = parseStrictly(await (await get('/metrics', accept)).text(), form);
      expect(families.map(({ name }) => name).filter((name) => name.includes(forged))).toEqual([]);
      const names = new Set(families.flatMap(({ samples }) => samples.map(({ labels }) => labels.zeebe_cluster)));
      expect(names).toEqual(new Set([...clusters.map(({ name }) => name), undefined]));
    }
    const status: unknown = await (await get('/api/v1/clusters')).json();
    expect(JSON.stringify(status)).toContain(forged);
    await running.stop();

    const log = running.output();
    expect(log).toContain(forged);
    for (const line of log.trimEnd().split('\n')) {
      if (format === 'json')
        expect(JSON.parse(line)).toMatchObject({ time: expect.any(String), msg: expect.any(String) });
      else if (format === 'logfmt') expect(line).toMatch(/^time=\S+ level=(debug|info|warn|error) msg=/);
      else expect(line).toMatch(/^\[[\d:.]+\] (DEBUG|INFO|WARN|ERROR): /);
      if (format !== 'json') expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u);
    }
  });
});

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs the exporter's command to its end. A last argument that is an object is its environment. */
async function run(at: SystemFolder, ...given: readonly (string | Readonly<Record<string, string>>)[]): Promise<Ended> {
  const args = given.filter((each) => typeof each === 'string');
  const environment = given.find((each) => typeof each !== 'string');
  const running = start(at, [...command, ...args], environment);
  onTestFinished(running.stop);
  const { code } = await running.exited;
  return { code, output: running.output() };
}
