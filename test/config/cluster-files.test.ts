import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ClusterReading, createClusterFilesReader } from '../../src/config/cluster-config.ts';
import { equal, isSameCluster } from '../../src/config/equal.ts';
import { client, nextClient } from '../transport/issued-certificates.ts';
import { fileOf, fileWith, onlyCluster, saasFileWith } from './loading.ts';

afterEach(() => {
  vi.useRealTimers();
});

const never = new AbortController().signal;

const mutualTls = ['tls_config:', '  cert_file: cert.pem', '  key_file: key.pem'];
const signedAssertions = [
  'oauth2:',
  '  client_id: exporter',
  '  client_certificate_file: cert.pem',
  '  client_certificate_key_file: key.pem',
];

/** A cluster with a certificate and its key in files. */
function certified(settings = mutualTls) {
  const file = saasFileWith(...settings);
  const cluster = onlyCluster({ file, files: { 'conf/cert.pem': client.cert, 'conf/key.pem': client.key } });
  if (!cluster.files) throw new Error('expected files');
  return { cluster, files: cluster.files };
}

/** A disk whose files tests change; paths end with the names. */
function disk(contents: Record<string, string | Buffer | undefined>) {
  const reads: string[] = [];
  return {
    reads,
    contents,
    read: async (path: string) => {
      const name = path.split('/').at(-1) ?? '';
      reads.push(name);
      const content = contents[name];
      if (content === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { errno: -2 });
      return Buffer.from(content);
    },
  };
}

function certOf(reread: ClusterReading): string | undefined {
  return reread.ok ? reread.cluster.transport.tls.cert : reread.problems.join('\n');
}

describe('reading files again', () => {
  it('gives the same cluster where they hold what they held', async () => {
    const { cluster } = certified();
    const { read } = disk({ 'cert.pem': client.cert, 'key.pem': client.key });
    const reread = await createClusterFilesReader(read)(cluster, never);
    expect(reread.ok && reread.cluster).toBe(cluster);
  });

  it('gives the cluster with what they hold now, whose files are those', async () => {
    const { cluster } = certified();
    const { read, contents } = disk({ 'cert.pem': nextClient.cert, 'key.pem': nextClient.key });
    const reread = createClusterFilesReader(read);
    const first = await reread(cluster, never);
    if (!first.ok || !first.cluster.files) throw new Error('expected a cluster with files');
    expect(first.cluster.transport.tls.cert).toBe(nextClient.cert);
    expect(first.cluster.transport.tls.key?.open()).toBe(nextClient.key);
    expect({ ...first.cluster, transport: {}, files: {} }).toEqual({ ...cluster, transport: {}, files: {} });
    expect(await reread(first.cluster, never)).toEqual({ ok: true, cluster: first.cluster });
    contents['cert.pem'] = client.cert;
    contents['key.pem'] = client.key;
    expect(certOf(await reread(first.cluster, never))).toBe(client.cert);
  });

  it('takes a certificate and a key that are replaced between one file and the other for a pair', async () => {
    const { cluster } = certified();
    const { read, contents } = disk({ 'cert.pem': client.cert, 'key.pem': client.key });
    const swapping = async (path: string) => {
      const content = await read(path);
      Object.assign(contents, { 'cert.pem': nextClient.cert, 'key.pem': nextClient.key });
      return content;
    };
    expect(certOf(await createClusterFilesReader(swapping)(cluster, never))).toBe(nextClient.cert);
  });

  it('ends after three readings, where they change all the time', async () => {
    const { cluster, files } = certified();
    const pairs = [nextClient, client];
    let count = 0;
    const changing = async (path: string) => {
      const { cert, key } = pairs[Math.floor(count++ / 2) % 2] ?? client;
      return Buffer.from(path.endsWith('cert.pem') ? cert : key);
    };
    expect(await createClusterFilesReader(changing)(cluster, never)).toMatchObject({ ok: true });
    expect(count).toBe(3 * files.paths.length);
  });

  it.each<[string, Record<string, string | undefined>, string]>([
    ['has vanished', { 'cert.pem': undefined }, 'expected a readable file, found '],
    ['is empty', { 'cert.pem': '' }, 'expected a file with PEM certificates'],
    ['is cut short', { 'cert.pem': client.cert.slice(0, -40) }, 'expected a file with PEM certificates'],
    ['has its second certificate cut short', { 'cert.pem': client.cert + nextClient.cert.slice(0, 200) }, 'expected'],
    ['belongs to another key', { 'cert.pem': nextClient.cert }, 'expected the key of the certificate'],
  ])('says what is wrong with one that %s, and where', async (_case, changed, problem) => {
    const { cluster } = certified();
    const { read } = disk({ 'cert.pem': client.cert, 'key.pem': client.key, ...changed });
    const reread = await createClusterFilesReader(read)(cluster, never);
    if (reread.ok) throw new Error('expected problems');
    expect(reread.problems).toHaveLength(1);
    expect(reread.problems[0]).toContain(problem);
    expect(reread.problems[0]).toMatch(/^conf\/exporter\.yml:[56]: clusters\[0\]\.tls_config\.(cert|key)_file: /);
  });

  it.each([
    ['mutual TLS', mutualTls],
    ['signed assertions', signedAssertions],
  ])('throws at no content, and never shows any (%s)', async (_case, settings) => {
    const { cluster } = certified(settings);
    const piece = fc.oneof(
      fc.constantFrom(client.cert, client.key, nextClient.cert, '-----BEGIN CERTIFICATE-----', '\n'),
      fc.string({ minLength: 20 }),
    );
    const content = fc.oneof(
      fc.uint8Array().map(Buffer.from),
      fc.array(piece).map((pieces) => pieces.join('')),
    );
    await fc.assert(
      fc.asyncProperty(content, content, async (cert, key) => {
        const { read } = disk({ 'cert.pem': cert, 'key.pem': key });
        const reread = await createClusterFilesReader(read)(cluster, never);
        const told = reread.ok ? '' : reread.problems.join('\n');
        for (const line of `${cert}\n${key}`.split('\n')) if (line.length >= 20) expect(told).not.toContain(line);
      }),
    );
  });
});

describe('a file that cannot be read for long', () => {
  const hanging = () => {
    const released = Promise.withResolvers<void>();
    const { read } = disk({ 'cert.pem': nextClient.cert, 'key.pem': nextClient.key });
    const slow = async (path: string) => {
      await released.promise;
      return read(path);
    };
    return { slow, release: () => released.resolve() };
  };
  const isWaiting = async (reread: Promise<ClusterReading>) => {
    await vi.advanceTimersByTimeAsync(0);
    return (await Promise.race([reread, 'waiting'])) === 'waiting';
  };

  it('keeps one poll waiting for a second, later ones not at all, and is taken once it was read', async () => {
    vi.useFakeTimers();
    const { cluster } = certified();
    const { slow, release } = hanging();
    const reread = createClusterFilesReader(slow);
    const first = reread(cluster, never);
    await vi.advanceTimersByTimeAsync(999);
    expect(await isWaiting(first)).toBe(true);
    await vi.advanceTimersByTimeAsync(1);
    expect(await first).toEqual({
      ok: false,
      problems: [expect.stringMatching(/cert\.pem, .*key\.pem: not read within 1 s$/)],
    });
    const second = reread(cluster, never);
    expect(await isWaiting(second)).toBe(false);
    expect(await second).toMatchObject({ ok: false });
    release();
    await vi.advanceTimersByTimeAsync(0);
    const third = reread(cluster, never);
    await vi.advanceTimersByTimeAsync(0);
    expect(certOf(await third)).toBe(nextClient.cert);
  });

  it('is read once more by the poll after it was read late, as it may have changed since', async () => {
    vi.useFakeTimers();
    const { cluster } = certified();
    const released = Promise.withResolvers<void>();
    const { read, contents } = disk({ 'cert.pem': client.cert, 'key.pem': client.key });
    const slow = async (path: string) => {
      await released.promise;
      return read(path);
    };
    const reread = createClusterFilesReader(slow);
    const first = reread(cluster, never);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await first).toMatchObject({ ok: false });
    released.resolve();
    await vi.advanceTimersByTimeAsync(0);
    Object.assign(contents, { 'cert.pem': nextClient.cert, 'key.pem': nextClient.key });
    expect(certOf(await reread(cluster, never))).toBe(nextClient.cert);
  });

  it('is used once it was read late, where each reading takes longer than a poll waits', async () => {
    vi.useFakeTimers();
    const { cluster } = certified();
    const { read } = disk({ 'cert.pem': nextClient.cert, 'key.pem': nextClient.key });
    const slow = async (path: string) => {
      await new Promise((resolve) => setTimeout(resolve, 900));
      return read(path);
    };
    const reread = createClusterFilesReader(slow);
    const poll = async () => {
      const polled = reread(cluster, never);
      await vi.advanceTimersByTimeAsync(15_000);
      return polled;
    };
    expect(await poll()).toMatchObject({ ok: false });
    expect(certOf(await poll())).toBe(nextClient.cert);
    expect(certOf(await poll())).toBe(nextClient.cert);
  });

  it('is not waited for once the exporter stops', async () => {
    const { cluster } = certified();
    const stopping = new AbortController();
    const reread = createClusterFilesReader(hanging().slow)(cluster, stopping.signal);
    stopping.abort();
    expect(await reread).toMatchObject({ ok: false });
  });
});

describe('a cluster', () => {
  it('whose settings name no file has none to read again', () => {
    expect(onlyCluster({ file: fileWith('poll_interval: 30s') })).not.toHaveProperty('files');
  });

  it('has the files that its settings name, by absolute paths', () => {
    const { files } = certified();
    expect(files.paths).toEqual([`${process.cwd()}/conf/cert.pem`, `${process.cwd()}/conf/key.pem`]);
  });

  it('with files is plain data', () => {
    const functionsIn = (value: unknown): readonly unknown[] => {
      if (typeof value === 'function') return [value];
      if (value instanceof Map || value instanceof Set) return [...value].flatMap(functionsIn);
      return typeof value === 'object' && value !== null ? Object.values(value).flatMap(functionsIn) : [];
    };
    expect(functionsIn(certified().cluster)).toEqual([]);
  });
});

describe('a cluster of a configuration that is read again', () => {
  const password = (content: string, ...settings: readonly string[]) =>
    onlyCluster({
      file: fileOf('http://zeebe:8080/v2', ['basic_auth: { username: demo, password_file: password }', ...settings]),
      files: { 'conf/password': content },
    });

  it('is the same where only the content of a file has changed', () => {
    expect(isSameCluster(password('old'), password('new'))).toBe(true);
    expect(equal(password('old'), password('new'))).toBe(false);
  });

  it('is the same where only its place in the configuration file has changed', () => {
    const file = fileWith('basic_auth: { username: demo, password_file: password }');
    const [one, other] = [file, `# comment\n${file}`].map((each) =>
      onlyCluster({ file: each, files: { 'conf/password': 'a' } }),
    );
    if (!one || !other) throw new Error('expected clusters');
    expect(isSameCluster(one, other)).toBe(true);
  });

  it('is the same where only its labels or meta data have changed, also beside the content of a file', () => {
    const one = password('old');
    expect(isSameCluster(one, password('old', 'labels: { team: orders }'))).toBe(true);
    expect(isSameCluster(one, password('new', 'labels: { team: orders }'))).toBe(true);
    expect(isSameCluster(one, { ...password('new'), meta: { provider: 'saas', generation: '8.9' } })).toBe(true);
    expect(isSameCluster(one, { ...one, meta: { provider: 'saas', generation: '8.9' } })).toBe(true);
  });

  it.each([
    ['the content of a file', 'poll_interval: 30s'],
    ['the content of a file, and a default became explicit that another setting had replaced', 'api_version: v1'],
  ])('is another one where a setting has changed beside %s', (_what, setting) => {
    expect(isSameCluster(password('old'), password('new', setting))).toBe(false);
  });

  it('is another one where only the name of a setting has changed', () => {
    const settingNames = { ...password('old').settingNames, address: 'ZEEBE_ADDRESS' };
    expect(isSameCluster(password('old'), { ...password('old'), settingNames })).toBe(false);
  });

  it('is another one where a setting has changed', () => {
    expect(isSameCluster(password('old'), password('old', 'poll_interval: 30s'))).toBe(false);
    expect(isSameCluster(password('old'), onlyCluster({ file: fileWith() }))).toBe(false);
  });
});
