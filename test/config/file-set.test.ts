import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ClusterFiles } from '../../src/config/config.ts';
import { createRereader, type Reread } from '../../src/config/file-set.ts';
import { client, nextClient } from '../transport/issued-certificates.ts';
import { fileWith, onlyCluster, saasFileWith } from './loading.ts';

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

function certOf(reread: Reread): string | undefined {
  return reread.ok ? reread.cluster.transport.tls.cert : reread.problems.join('\n');
}

describe('reading files again', () => {
  it('gives the same cluster where they hold what they held', async () => {
    const { cluster, files } = certified();
    const { read } = disk({ 'cert.pem': client.cert, 'key.pem': client.key });
    const reread = await createRereader(read)(files, never);
    expect(reread.ok && reread.cluster).toBe(cluster);
  });

  it('gives the cluster with what they hold now, whose files are those', async () => {
    const { cluster, files } = certified();
    const { read, contents } = disk({ 'cert.pem': nextClient.cert, 'key.pem': nextClient.key });
    const reread = createRereader(read);
    const first = await reread(files, never);
    if (!first.ok || !first.cluster.files) throw new Error('expected a cluster with files');
    expect(first.cluster.transport.tls.cert).toBe(nextClient.cert);
    expect(first.cluster.transport.tls.key?.open()).toBe(nextClient.key);
    expect({ ...first.cluster, transport: {}, files: {} }).toEqual({ ...cluster, transport: {}, files: {} });
    expect(await reread(first.cluster.files, never)).toEqual({ ok: true, cluster: first.cluster });
    contents['cert.pem'] = client.cert;
    contents['key.pem'] = client.key;
    expect(certOf(await reread(first.cluster.files, never))).toBe(client.cert);
  });

  it('takes a certificate and a key that are replaced between one file and the other for a pair', async () => {
    const { files } = certified();
    const { read, contents } = disk({ 'cert.pem': client.cert, 'key.pem': client.key });
    const swapping = async (path: string) => {
      const content = await read(path);
      Object.assign(contents, { 'cert.pem': nextClient.cert, 'key.pem': nextClient.key });
      return content;
    };
    expect(certOf(await createRereader(swapping)(files, never))).toBe(nextClient.cert);
  });

  it('ends after three readings, where they change all the time', async () => {
    const { files } = certified();
    const pairs = [client, nextClient];
    let count = 0;
    const changing = async (path: string) => {
      const { cert, key } = pairs[Math.floor(count++ / 2) % 2] ?? client;
      return Buffer.from(path.endsWith('cert.pem') ? cert : key);
    };
    expect(await createRereader(changing)(files, never)).toMatchObject({ ok: true });
    expect(count).toBe(3 * files.paths.length);
  });

  it.each<[string, Record<string, string | undefined>, string]>([
    ['has vanished', { 'cert.pem': undefined }, 'expected a readable file, found '],
    ['is empty', { 'cert.pem': '' }, 'expected a file with PEM certificates'],
    ['is cut short', { 'cert.pem': client.cert.slice(0, -40) }, 'expected a file with PEM certificates'],
    ['has its second certificate cut short', { 'cert.pem': client.cert + nextClient.cert.slice(0, 200) }, 'expected'],
    ['belongs to another key', { 'cert.pem': nextClient.cert }, 'expected the key of the certificate'],
  ])('says what is wrong with one that %s, and where', async (_case, changed, problem) => {
    const { files } = certified();
    const { read } = disk({ 'cert.pem': client.cert, 'key.pem': client.key, ...changed });
    const reread = await createRereader(read)(files, never);
    if (reread.ok) throw new Error('expected problems');
    expect(reread.problems).toHaveLength(1);
    expect(reread.problems[0]).toContain(problem);
    expect(reread.problems[0]).toMatch(/^conf\/exporter\.yml:[56]: clusters\[0\]\.tls_config\.(cert|key)_file: /);
  });

  it.each([
    ['mutual TLS', mutualTls],
    ['signed assertions', signedAssertions],
  ])('throws at no content, and never shows any (%s)', async (_case, settings) => {
    const { files } = certified(settings);
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
        const reread = await createRereader(read)(files, never);
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
  const isWaiting = async (reread: Promise<Reread>) => {
    await vi.advanceTimersByTimeAsync(0);
    return (await Promise.race([reread, 'waiting'])) === 'waiting';
  };

  it('keeps one poll waiting for a second, later ones not at all, and is taken once it was read', async () => {
    vi.useFakeTimers();
    const { files } = certified();
    const { slow, release } = hanging();
    const reread = createRereader(slow);
    const first = reread(files, never);
    await vi.advanceTimersByTimeAsync(999);
    expect(await isWaiting(first)).toBe(true);
    await vi.advanceTimersByTimeAsync(1);
    expect(await first).toEqual({
      ok: false,
      problems: [expect.stringMatching(/cert\.pem, .*key\.pem: not read within 1 s$/)],
    });
    const second = reread(files, never);
    expect(await isWaiting(second)).toBe(false);
    expect(await second).toMatchObject({ ok: false });
    release();
    await vi.advanceTimersByTimeAsync(0);
    const third = reread(files, never);
    await vi.advanceTimersByTimeAsync(0);
    expect(certOf(await third)).toBe(nextClient.cert);
  });

  it('is not waited for once the exporter stops', async () => {
    const { files } = certified();
    const stopping = new AbortController();
    const reread = createRereader(hanging().slow)(files, stopping.signal);
    stopping.abort();
    expect(await reread).toMatchObject({ ok: false });
  });
});

describe('a cluster', () => {
  it('whose settings name no file has none to read again', () => {
    expect(onlyCluster({ file: fileWith('poll_interval: 30s') })).not.toHaveProperty('files');
  });

  it('has the files that its settings name, by absolute paths', () => {
    const { files }: { readonly files: ClusterFiles } = certified();
    expect(files.paths).toEqual([`${process.cwd()}/conf/cert.pem`, `${process.cwd()}/conf/key.pem`]);
  });
});
