import type { RequestListener } from 'node:http';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type ClusterConfig, type LogConfig, logFormats } from '../src/config/config.ts';
import { ConfigError } from '../src/config/problem.ts';
import { createLogger } from '../src/logger.ts';
import { Secret } from '../src/secret.ts';
import { client, cluster, configOf, start } from './exporting.ts';
import { httpServer } from './transport/loopback.ts';
import { withoutProxy } from './transport/without-proxy.ts';

type Format = LogConfig['format'];

/** Contains line breaks, invisible characters and terminal escape sequences. */
const attack =
  'evil\r\n[12:00:00.000] FATAL: forged\n\u2028\u2029\u0085\u009b31m\u202e\u2066\u200b\ufeff\u001b[2J\u007f\0';

function logTo(format: Format) {
  const chunks: string[] = [];
  const logger = createLogger({ level: 'debug', format }, (chunk) => chunks.push(chunk));
  return { logger, chunks };
}

/** Matches one event: one line, and below it only indented lines. */
const safe: Readonly<Record<Format, RegExp>> = {
  json: /^\{[^\p{C}\p{Zl}\p{Zp}]*\}\n$/u,
  logfmt: /^time=\S+ level=[a-z]+ [^\p{C}\p{Zl}\p{Zp}]*\n$/u,
  pretty: /^\[\d\d:\d\d:\d\d\.\d{3}\] [A-Z]+: [^\p{C}\p{Zl}\p{Zp}]*(\n {4}[^\p{C}\p{Zl}\p{Zp}]*)*\n$/u,
};

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...attack, '[', ' ', 'x')).map((characters) => characters.join('')),
);

describe.each(logFormats)('a log line in the format %s', (format) => {
  it('contains no line break and no terminal escape sequence of a logged text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { logger, chunks } = logTo(format);
        logger.child({ cluster: text }).warn({ reason: text, list: [text, { [text]: text }] }, `poll failed: ${text}`);
        logger.error({ err: Object.assign(new Error(text), { stack: text }) }, text);
        logger.error(
          { problems: [{ place: text }] },
          new ConfigError([{ place: text, expected: text, found: text }]).message,
        );
        expect(chunks).toHaveLength(3);
        for (const chunk of chunks) expect(chunk).toMatch(safe[format]);
      }),
    );
  });

  it('has a bounded length, and keeps the beginning of each text', () => {
    const sizes = fc.record({ text: fc.integer({ min: 1, max: 900_000 }), list: fc.integer({ min: 1, max: 20_000 }) });
    const unit = fc.constantFrom('x', 'é', '😀', '\u0085', '"');
    fc.assert(
      fc.property(sizes, unit, (size, character) => {
        const { logger, chunks } = logTo(format);
        const text = `begins${character.repeat(size.text / character.length)}`;
        const missingBrokers = Array.from({ length: size.list }, (_, index) => `broker-${index}`);
        logger.child({ cluster: text }).warn({ missingBrokers, err: new Error(text) }, text);
        const [line = ''] = chunks;
        // The colours, the time and the indentation of the stack are not counted.
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(17 * 1024);
        expect(line).toContain('begins');
        expect(line).toMatch(safe[format]);
      }),
      { numRuns: 20 },
    );
  });
});

describe('a log line in JSON', () => {
  const parsed = (chunks: readonly string[]): Record<string, unknown> => JSON.parse(chunks.join(''));

  it('preserves every text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { logger, chunks } = logTo('json');
        logger.child({ cluster: text }).info({ reason: text }, text);
        const wellFormed = text.toWellFormed();
        fc.pre(wellFormed === text);
        expect(parsed(chunks)).toMatchObject({ cluster: text, reason: text, msg: text });
      }),
    );
  });

  it('is marked as truncated, and keeps the types of its fields', () => {
    const { logger, chunks } = logTo('json');
    logger.info({ ids: Array.from({ length: 8_192 }, (_, id) => id), ok: true }, `a ${'long '.repeat(5_000)}text`);
    expect(parsed(chunks)).toMatchObject({
      truncated: true,
      ok: true,
      ids: expect.arrayContaining([0, 1, 2]),
      msg: expect.stringMatching(/^a (long )+(l|lo|lon|long)?…$/),
    });
  });

  it('is not truncated up to 16 KiB', () => {
    const { logger, chunks } = logTo('json');
    const text = 'x'.repeat(16_000);
    logger.info(text);
    expect(parsed(chunks)).toEqual({ level: 'info', time: expect.any(String), msg: text });
  });
});

describe('a log line in logfmt', () => {
  /** Decodes a line as the decoders of Go do: a text in quotes has the escape sequences of JSON. */
  const decoded = (line: string): Readonly<Record<string, string>> => {
    const part = '("(?:[^"\\\\]|\\\\.)*"|[^\\s"=]+)';
    expect(line).toMatch(new RegExp(`^(${part}=${part}( |\\n$))+$`));
    const text = (raw: string) => (raw.startsWith('"') ? JSON.parse(raw) : raw);
    return Object.fromEntries(
      [...line.matchAll(new RegExp(`${part}=${part}`, 'g'))].map(([, name = '', value = '']) => [
        text(name),
        text(value),
      ]),
    );
  };

  it('begins with time, level and message, and names nested fields by their path', () => {
    const { logger, chunks } = logTo('logfmt');
    const err = Object.assign(new Error('it broke'), { stack: 'Error: it broke\n    at here' });
    logger.child({ cluster: 'production' }).error({ err, brokers: [1, 2], ready: false }, 'a request failed');
    expect(chunks.join('')).toMatch(
      /^time=[\dT:.-]+Z level=error msg="a request failed" cluster=production err\.type=Error err\.message="it broke" err\.stack="Error: it broke\\n {4}at here" brokers=\[1,2\] ready=false\n$/,
    );
  });

  it.each([
    ['plain', 'plain'],
    ['C:\\dir', 'C:\\dir'],
    ['', '""'],
    ['two words', '"two words"'],
    ['a=b', '"a=b"'],
    ['say "hi"', String.raw`"say \"hi\""`],
    ['one\ntwo', String.raw`"one\ntwo"`],
    ['\u001b[2J', String.raw`"\u001b[2J"`],
    ['größe', 'größe'],
  ])('writes the value %j as %s', (value, written) => {
    const { logger, chunks } = logTo('logfmt');
    logger.info({ value }, 'text');
    expect(chunks.join('')).toMatch(/ msg=text /);
    expect(chunks.join('').endsWith(` value=${written}\n`)).toBe(true);
  });

  it('preserves every text, in names too', () => {
    fc.assert(
      fc.property(anyText, fc.array(anyText), (text, list) => {
        fc.pre([text, ...list].every((each) => each.isWellFormed()));
        const { logger, chunks } = logTo('logfmt');
        logger.child({ cluster: text }).info({ list, [`name ${text}`]: text }, text);
        expect(decoded(chunks.join(''))).toMatchObject({
          msg: text,
          cluster: text,
          list: JSON.stringify(list),
          [`name ${text}`]: text,
        });
      }),
    );
  });

  it('is marked as truncated', () => {
    const { logger, chunks } = logTo('logfmt');
    logger.info({ ids: Array.from({ length: 8_192 }, (_, id) => `"${id}"`) }, `a ${'long '.repeat(5_000)}text`);
    expect(decoded(chunks.join(''))).toMatchObject({ truncated: 'true', msg: expect.stringMatching(/^a long .*…$/) });
  });
});

describe('a log line in the pretty format', () => {
  it('shows the cluster, the message, and the stack of an error below it', () => {
    const { logger, chunks } = logTo('pretty');
    const err = Object.assign(new Error('it broke'), { stack: 'Error: it broke\n    at here' });
    logger.child({ cluster: 'production' }).error({ err }, 'a request failed');
    expect(chunks.join('')).toMatch(
      /^\[[\d:.]+\] ERROR: "production": a request failed\n {4}Error: it broke\n {8}at here\n$/,
    );
  });
});

describe('text from clusters and identity providers', () => {
  beforeEach(withoutProxy);

  const latin1 = attack.replace(/[^\t\x20-\x7e\x80-\xff]/g, '');

  it.each(logFormats)('adds no line to the log in the format %s', async (format) => {
    const { logger, chunks } = logTo(format);
    const loggedTexts = () => chunks.join('');
    const oauth2 = await oauth2With((_request, response) => {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: 'invalid_scope', error_description: attack }));
    });
    const clusters = await Promise.all([
      cluster(
        `changing ${attack}`,
        inTurn(topologyOf('0', '8.6.0'), topologyOf(attack, attack), topologyOf('1', '8.7.0')),
      ),
      cluster('failing', (_request, response) => response.writeHead(500).end(attack)),
      cluster('redirecting', (_request, response) => response.writeHead(302, { location: latin1 }).end()),
      cluster('a page', (_request, response) => response.writeHead(200, { 'content-type': latin1 }).end(attack)),
      cluster('malformed', json({ brokers: [{ nodeId: attack, partitions: [{ partitionId: attack }] }] })),
      cluster('refusing', (_request, response) => response.writeHead(401, { 'www-authenticate': latin1 }).end(attack)),
      cluster('without a token', json({}), { authentication: oauth2 }),
    ]);
    const found = { place: `exporter.yml: ${attack}`, expected: 'a name', found: attack };
    const exporter = await start(configOf(clusters), logger, () => {
      throw new ConfigError([found]);
    });
    await client(exporter).reload();

    const expected = ['leader moved', 'runs', '500', '302', 'content', 'malformed', '401', 'invalid_scope', 'a name'];
    await vi.waitFor(() => {
      for (const part of expected) expect(loggedTexts()).toContain(part);
    }, 20_000);
    expect(loggedTexts()).toContain('forged');
    for (const chunk of chunks) expect(chunk).toMatch(safe[format]);
  });
});

async function oauth2With(endpoint: RequestListener): Promise<ClusterConfig['authentication']> {
  return {
    method: 'oauth2',
    clientId: 'exporter',
    clientAuthentication: { method: 'client_secret_post', secret: new Secret('s3cr3t') },
    endpoint: { tokenUrl: new URL(await httpServer(endpoint)) },
    scopes: [],
    endpointParams: {},
    transport: { tls: { insecureSkipVerify: false }, enableHttp2: false },
  };
}

/** Returns a topology whose leader has the given id, and whose brokers have the given version. */
function topologyOf(leader: string, version: string): unknown {
  const broker = (brokerId: string, role: string) => ({
    nodeId: 0,
    brokerId,
    host: version,
    port: 26501,
    version,
    partitions: [{ partitionId: 1, role, health: 'healthy' }],
  });
  const brokers = [broker(leader, 'leader'), broker('follower', 'follower')];
  return { brokers, clusterSize: 2, partitionsCount: 1, replicationFactor: 2, gatewayVersion: version };
}

function json(answer: unknown): RequestListener {
  return (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  };
}

/** Returns the answers in turn, and starts over after the last one. */
function inTurn(...answers: readonly unknown[]): RequestListener {
  let count = 0;
  return (request, response) => json(answers[count++ % answers.length])(request, response);
}
