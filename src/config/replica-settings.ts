import { kubernetesName, shardCount, shardIndex, singleLineText } from './formats.ts';
import { boolean, group, text } from './setting.ts';

/** Where several exporters elect the one that polls. */
export interface LeaderElectionConfig {
  readonly leaseName: string;
  /** Absent: the namespace of the pod. */
  readonly namespace?: string;
  /** Absent: the host name. */
  readonly identity?: string;
}

/** The part of the clusters that one of several exporters polls. */
export interface Shard {
  /** From 0. */
  readonly index: number;
  /** At least 2. */
  readonly total: number;
}

/** The settings of one of several exporters. They are no keys of the file, which all of them may share. */
export const replicas = {
  shard: text({
    doc: 'Which part of the clusters this exporter polls, from 0: a number, or the name of a pod of a StatefulSet, which ends in one. Required if total_shards is above 1 (docs/scaling.md).',
    format: shardIndex,
    variables: ['SHARD'],
    flag: '--shard=N',
    file: false,
  }),
  total_shards: text({
    doc: 'The number of exporters among which the clusters are divided.',
    default: '1',
    format: shardCount,
    variables: ['TOTAL_SHARDS'],
    flag: '--total-shards=M',
    file: false,
  }),
  ...group('leader_election', {
    enabled: boolean({
      doc: 'Poll only while this exporter holds a Lease of Kubernetes, which one of several exporters does (docs/scaling.md).',
      default: false,
      format: (raw) => raw,
      flag: '--leader-election',
      file: false,
    }),
    lease_name: text({
      doc: 'The name of the Lease. With several shards, that of each ends in a hyphen and its number.',
      default: 'zeebe-topology-exporter',
      format: kubernetesName,
      flag: '--leader-election.lease-name=NAME',
      file: false,
    }),
    namespace: text({
      doc: 'The namespace of the Lease. Default: that of the pod.',
      format: kubernetesName,
      variables: ['POD_NAMESPACE'],
      flag: '--leader-election.namespace=NAMESPACE',
      file: false,
    }),
    identity: text({
      doc: 'The name of this exporter in the Lease, to which a random part is added. Default: the host name, which is the name of the pod.',
      format: singleLineText,
      variables: ['POD_NAME'],
      flag: '--leader-election.identity=NAME',
      file: false,
    }),
  }),
};
