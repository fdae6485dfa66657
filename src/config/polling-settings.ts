import { pollInterval, pollTimeout, probeMinInterval } from './formats.ts';
import { text } from './setting.ts';

/** When a cluster is polled. */
export const polling = {
  poll_interval: text({
    doc: 'The interval between two polls of a cluster, from 1s to 24h. 0: the cluster is only polled by requests for /probe.',
    default: '15s',
    format: pollInterval,
    isDuration: true,
    variables: ['ZEEBE_POLL_INTERVAL'],
  }),
  poll_timeout: text({
    doc: 'The timeout of a poll, including token requests; at most poll_interval, unless that is 0. Default: 10s, or poll_interval if that is shorter.',
    default: '10s',
    format: pollTimeout,
    isDuration: true,
    variables: ['ZEEBE_POLL_TIMEOUT'],
  }),
  probe_min_interval: text({
    doc: 'A request for /probe is answered from the last poll if that ended less than this ago; at most 24h. Default: 5s with basic_auth, as checking a password is costly for the cluster, else 0.',
    format: probeMinInterval,
    isDuration: true,
  }),
};
