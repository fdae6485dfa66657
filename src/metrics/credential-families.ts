import type { CertificateExpiries } from '../poll/poll.ts';
import { type Labels, labels } from './exposition.ts';
import { type ClusterFamily, gauge, seconds, single } from './family.ts';

const certificates: readonly (readonly [keyof CertificateExpiries, Labels])[] = [
  ['clusterServer', labels({ endpoint: 'cluster', role: 'server' })],
  ['clusterClient', labels({ endpoint: 'cluster', role: 'client' })],
  ['tokenServer', labels({ endpoint: 'token', role: 'server' })],
  ['tokenClient', labels({ endpoint: 'token', role: 'client' })],
];

/** What the way to the cluster and to its identity provider rests on, and does not last for ever. */
export const credentialFamilies: readonly ClusterFamily[] = [
  gauge(
    'zeebe_topology_tls_certificate_expiry_timestamp_seconds',
    'When the first certificate of a chain expires, in Unix time: of the chain that a server showed last, also where ' +
      'it was refused, or of the one configured for the client.',
    (state, add) => {
      for (const [name, own] of certificates) {
        const expiry = state.certificates[name];
        if (expiry !== undefined) add(seconds(expiry), own);
      }
    },
  ),
  single(
    'zeebe_topology_files_last_read_successful',
    'Whether the last poll used what the files of the cluster hold (1), or what they held before, because one of them ' +
      'cannot be read or used (0); only where the settings name files.',
    ({ filesRead }) => (filesRead === undefined ? undefined : Number(filesRead)),
  ),
];
