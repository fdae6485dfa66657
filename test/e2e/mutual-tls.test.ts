import { afterAll, beforeAll, describe, it } from 'vitest';
import { type Authority, createAuthority, type Identity } from './authority.ts';
import { untilOutcomes } from './outcomes.ts';
import { createSystemFolder } from './process.ts';
import { type Nginx, startTlsNginx } from './systems/nginx.ts';
import { type RecordedCluster, startRecordedCluster } from './systems/recorded-cluster.ts';

describe('a cluster behind an nginx that requires client certificates', () => {
  let authority: Authority;
  let otherAuthority: Authority;
  let client: Identity;
  let untrusted: Identity;
  let cluster: RecordedCluster;
  let newer: Nginx;
  let older: Nginx;
  beforeAll(async () => {
    const { data } = await createSystemFolder('certificates');
    authority = await createAuthority(data, 'authority');
    otherAuthority = await createAuthority(data, 'other-authority');
    client = await authority.issue('exporter', 'rsa');
    untrusted = await otherAuthority.issue('untrusted');
    const tls = { ...(await authority.issue('server')), authorities: authority.certificate };
    cluster = await startRecordedCluster();
    newer = await startTlsNginx(cluster.address, { ...tls, protocols: 'TLSv1.2 TLSv1.3' });
    older = await startTlsNginx(cluster.address, { ...tls, protocols: 'TLSv1.2' });
  });
  afterAll(() => Promise.all([newer.stop(), older.stop(), cluster.stop()]));

  it('is polled only with the right certificates and a TLS version of both sides', async () => {
    const ca_file = authority.certificate;
    const own = { cert_file: client.certificate, key_file: client.key };
    const at = ({ address }: Nginx, tls_config: object) => ({ address, tls_config });
    const clusters = {
      'right certificate': at(newer, { ca_file, ...own }),
      'right certificate, TLS 1.2': at(older, { ca_file, ...own }),
      'right certificate, TLS 1.3 at least': at(newer, { ca_file, ...own, min_version: 'TLS13' }),
      'TLS 1.3 at least where there is none': at(older, { ca_file, ...own, min_version: 'TLS13' }),
      'no authority': at(newer, own),
      'another authority': at(newer, { ca_file: otherAuthority.certificate, ...own }),
      'not verified': at(newer, { insecure_skip_verify: true, ...own }),
      'no certificate': at(newer, { ca_file }),
      'certificate of another authority': at(newer, {
        ca_file,
        cert_file: untrusted.certificate,
        key_file: untrusted.key,
      }),
    };
    const outcomes = {
      'right certificate': 'up',
      'right certificate, TLS 1.2': 'up',
      'right certificate, TLS 1.3 at least': 'up',
      'TLS 1.3 at least where there is none': 'down: tls',
      'no authority': 'down: tls',
      'another authority': 'down: tls',
      'not verified': 'up',
      // nginx reports it in a page after the handshake.
      'no certificate': 'down: http_status',
      'certificate of another authority': 'down: http_status',
    };
    await untilOutcomes(outcomes, clusters);
  });
});
