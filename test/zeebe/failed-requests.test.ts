import { Agent } from 'undici';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { createClient, createReader } from '../../src/zeebe/client.ts';
import { neverAborted } from '../auth/asking.ts';
import { told } from '../failure-texts.ts';
import { withoutProxy } from '../transport/without-proxy.ts';

beforeEach(withoutProxy);

it.each([
  ['ENOTFOUND', 'dns', 'check the host name in address and the DNS of this machine'],
  ['ECONNREFUSED', 'connect', 'check that the cluster runs, and that the port and http or https in address are right'],
  ['CERT_HAS_EXPIRED', 'tls', 'check the certificate of the cluster; tls_config.ca_file names the CA of a private one'],
  ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', 'tls', 'the cluster speaks only HTTP/2: set enable_http2 to true'],
  [
    'UND_ERR_CONNECT_TIMEOUT',
    'timeout',
    'check the cluster and the network; poll_timeout says how long a poll may take',
  ],
  ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'too_large', 'check the host and the path in address'],
  ['EMFILE', 'other', 'an unexpected failure: the message is all that is known'],
])('a request that fails with %s has the reason %s and a remedy', async (code, reason, remedy) => {
  const error = Object.assign(new Error('what came'), { code });
  const dispatcher = new Agent({ connect: (_, callback) => callback(error, null) });
  onTestFinished(() => dispatcher.destroy());
  const client = createClient({ address: new URL('http://zeebe.test/'), apiVersion: 'v1', headers: {}, dispatcher });
  const read = await createReader().read(await client({}, neverAborted));
  const message = `GET http://zeebe.test/v1/topology failed: what came (${code})`;
  expect(!read.ok && told(read.failure)).toEqual({ reason, message, remedy });
});
