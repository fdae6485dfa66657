import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { Agent } from 'node:https';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls, type SecureVersion } from 'node:tls';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ca, client, stranger, tricky } from '../config/web-config-fixtures.ts';
import { serve, tls } from './serving.ts';

describe('TLS of the server', () => {
  it('presents a certificate that the client verifies with its CA', async () => {
    const { get } = await serve(tls);
    const { status, body, tls: facts } = await get({ path: '/metrics' });
    expect([status, body]).toEqual([200, 'GET /metrics']);
    expect(facts?.version).toBe('TLSv1.3');
  });

  it.each([
    ['TLSv1.2', 'TLSv1.2'],
    ['TLSv1.3', 'TLSv1.3'],
  ] as const)('accepts a client that supports %s only', async (version, spoken) => {
    const { get } = await serve(tls);
    const answer = await get({ options: { minVersion: version, maxVersion: version } });
    expect(answer.tls?.version).toBe(spoken);
  });

  it('has no version below 1.2 by default, and lower ones if configured', async () => {
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
    const { get } = await serve(tls);
    await expect(get({ options: old })).rejects.toThrow(/protocol version/);
    const { get: getOld } = await serve([...tls, '  min_version: TLS10']);
    expect((await getOld({ options: old })).tls?.version).toBe('TLSv1.1');
  });

  it('has the configured versions only', async () => {
    const { get } = await serve([...tls, '  min_version: TLS13']);
    await expect(get({ options: { maxVersion: 'TLSv1.2' } })).rejects.toThrow(/protocol version/);
    const { get: getTls12 } = await serve([...tls, '  max_version: TLS12']);
    expect((await getTls12()).tls?.version).toBe('TLSv1.2');
  });

  it('has the configured cipher suites only for TLS 1.2, and always those of TLS 1.3', async () => {
    const { get } = await serve([...tls, '  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]']);
    const only = (ciphers: string) => get({ options: { maxVersion: 'TLSv1.2', ciphers } });
    expect((await only('ECDHE-ECDSA-AES256-GCM-SHA384')).tls?.cipher).toBe('ECDHE-ECDSA-AES256-GCM-SHA384');
    await expect(only('ECDHE-ECDSA-AES128-GCM-SHA256')).rejects.toThrow(/handshake failure/);
    expect((await get()).tls?.version).toBe('TLSv1.3');
  });

  it.each([
    [true, 'ECDHE-ECDSA-CHACHA20-POLY1305'],
    [false, 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ])('follows the order of cipher_suites if prefer_server_cipher_suites is %s', async (decides, chosen) => {
    const { get } = await serve([
      ...tls,
      '  cipher_suites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]',
      `  prefer_server_cipher_suites: ${decides}`,
    ]);
    const ciphers = 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305';
    expect((await get({ options: { maxVersion: 'TLSv1.2', ciphers } })).tls?.cipher).toBe(chosen);
  });

  it('has the configured curves only', async () => {
    const { get } = await serve([...tls, '  curve_preferences: [CurveP384]']);
    expect((await get({ options: { ecdhCurve: 'P-384' } })).status).toBe(200);
    await expect(get({ options: { ecdhCurve: 'P-521' } })).rejects.toThrow(/handshake failure/);
  });

  it('negotiates HTTP/1.1 with a client that prefers HTTP/2', async () => {
    const { port } = await serve(tls);
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      ALPNProtocols: ['h2', 'http/1.1'],
      rejectUnauthorized: false,
    });
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe('http/1.1');
    socket.destroy();
  });

  it('closes a connection without TLS, logs it at debug level, and serves the next one', async () => {
    const { port, get, lines } = await serve(tls);
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await text(socket)).not.toContain('HTTP/1.1 200');
    expect((await get()).status).toBe(200);
    const message = expect.stringMatching(/^a TLS handshake failed: .*http request/);
    expect(lines).toMatchObject([{ level: 20, from: '127.0.0.1', msg: message }]);
  });
});

describe('client certificates', () => {
  const come = { none: {}, theirs: client, stranger };
  const ofCa = '  client_ca_file: ca.crt';

  it.each([
    ['NoClientCert', [], ['none', 'theirs', 'stranger']],
    ['RequestClientCert', [], ['none', 'theirs', 'stranger']],
    ['RequireAnyClientCert', [], ['theirs', 'stranger']],
    ['VerifyClientCertIfGiven', [ofCa], ['none', 'theirs']],
    ['RequireAndVerifyClientCert', [ofCa], ['theirs']],
  ] as const)('are accepted and rejected as client_auth_type %s says', async (type, more, accepted) => {
    const { get } = await serve([...tls, `  client_auth_type: ${type}`, ...more]);
    for (const [who, options] of Object.entries(come)) {
      const came = await get({ options }).then(
        ({ status }) => status,
        () => 'closed',
      );
      expect([who, came]).toEqual([who, accepted.some((each) => each === who) ? 200 : 'closed']);
    }
  });

  it.each([
    ['a DNS name', 'prometheus.example', true],
    ['an email address', 'ops@example.com', true],
    ['a URI', 'spiffe://example/prometheus', true],
    ['an IP address', '2001:db8::1', true],
    ['an IP address at length', '2001:0db8:0:0:0:0:0:1', true],
    ['another name', 'grafana.example', false],
    ['a name above it', 'example', false],
    ['another IP address', '2001:db8::2', false],
    ['the common name', 'prometheus', false],
    ['a part of the list of names', 'prometheus.example, email:ops@example.com', false],
  ])('are compared with %s in client_allowed_sans: %s', async (_kind, name, isAccepted) => {
    const { get } = await serve([
      ...tls,
      '  client_auth_type: RequireAndVerifyClientCert',
      ofCa,
      `  client_allowed_sans: [other.example, "${name}"]`,
    ]);
    const answer = get({ options: client });
    if (isAccepted) expect((await answer).status).toBe(200);
    else await expect(answer).rejects.toThrow();
    await expect(get({ options: stranger })).rejects.toThrow();
  });
});

/** Whether the second connection of a client resumes the TLS session of the first one. */
async function isResumed(port: number, version: SecureVersion): Promise<boolean> {
  const options = { port, host: '127.0.0.1', ca, ...client, minVersion: version, maxVersion: version };
  const ask = async (session?: Buffer) => {
    const socket = connectTls({ ...options, ...(session && { session }) });
    let latest: Buffer | undefined;
    socket.on('session', (given) => {
      latest = given;
    });
    await once(socket, 'secureConnect');
    const isReused = socket.isSessionReused();
    latest ??= socket.getSession();
    socket.end('GET / HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n\r\n');
    expect(await text(socket)).toContain('HTTP/1.1 200');
    return { session: latest, isReused };
  };
  const { session } = await ask();
  return (await ask(session)).isReused;
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a TLS session of %s', (version) => {
  it.each([
    ['NoClientCert', [], true],
    ['RequestClientCert', [], false],
    ['RequireAnyClientCert', [], false],
    ['VerifyClientCertIfGiven', ['  client_ca_file: ca.crt'], false],
    ['RequireAndVerifyClientCert', ['  client_ca_file: ca.crt'], false],
  ] as const)('is resumed only if no client certificate is requested: %s', async (type, more, expected) => {
    const { port } = await serve([...tls, `  client_auth_type: ${type}`, ...more]);
    expect(await isResumed(port, version)).toBe(expected);
  });
});

describe('a connection whose client certificate expires', () => {
  it.each([
    ['RequireAndVerifyClientCert', ['  client_ca_file: ca.crt'], 'close'],
    ['VerifyClientCertIfGiven', ['  client_ca_file: ca.crt'], 'close'],
    ['RequireAnyClientCert', [], 'keep-alive'],
  ] as const)('is closed after a response if the certificate is verified: %s', async (type, more, expected) => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const { get } = await serve([...tls, `  client_auth_type: ${type}`, ...more]);
    const connection = async () => (await get({ options: { agent, ...client } })).headers.connection;
    expect(await connection()).toBe('keep-alive');
    vi.setSystemTime(new X509Certificate(client.cert).validToDate.getTime() + 1);
    expect(await connection()).toBe(expected);
  });
});

describe('a subject alternative name that looks like two', () => {
  it('is compared as one', async () => {
    const lines = [...tls, '  client_auth_type: RequireAndVerifyClientCert', '  client_ca_file: ca.crt'];
    const { get } = await serve([...lines, '  client_allowed_sans: [prometheus.example]']);
    await expect(get({ options: tricky })).rejects.toThrow();
    const { get: getBoth } = await serve([
      ...lines,
      '  client_allowed_sans: ["other.example, DNS:prometheus.example"]',
    ]);
    expect((await getBoth({ options: tricky })).status).toBe(200);
  });
});

describe('the headers of the web configuration', () => {
  it('are set on every response, also on rejections', async () => {
    const { get } = await serve([
      ...tls,
      'http_server_config:',
      '  headers: { Strict-Transport-Security: max-age=31536000, X-Content-Type-Options: nosniff, X-Frame-Options: "" }',
      'basic_auth_users: { alice: $2y$10$CNJkoWCrBkoO4t1PuNtHrOU7li6xvav6tsqOR.5CKrmSX2h2.Jx3y }',
    ]);
    for (const path of ['/metrics', '/-/healthy']) {
      const { headers } = await get({ path });
      expect(headers).toMatchObject({
        'strict-transport-security': 'max-age=31536000',
        'x-content-type-options': 'nosniff',
      });
      expect(headers).not.toHaveProperty('x-frame-options');
    }
  });
});
