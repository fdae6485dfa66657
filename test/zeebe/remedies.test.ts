import { MockAgent } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createClient, createReader, readAnswer } from '../../src/zeebe/client.ts';
import { atOnce } from '../at-once.ts';
import { answered } from '../auth/sending.ts';
import { told } from '../failure-texts.ts';

/** Returns the remedy for a request that fails with the error. */
async function remedyOf(error: Error): Promise<string> {
  const dispatcher = new MockAgent();
  onTestFinished(() => dispatcher.close());
  dispatcher.disableNetConnect();
  dispatcher.get('http://cluster.test').intercept({ path: '/v1/topology' }).replyWithError(error);
  const address = new URL('http://cluster.test/');
  const sent = await createClient({ address, apiVersion: 'v1', headers: {}, dispatcher })(
    {},
    new AbortController().signal,
  );
  const read = await createReader().read(sent);
  return read.ok ? '' : told(read.failure).remedy;
}

function failing(code: string): Error {
  return Object.assign(new Error('what went wrong'), { code });
}

describe('the remedy for a request that fails', () => {
  it.each([
    ['ENOTFOUND', ['host name', 'address', 'DNS']],
    ['ECONNREFUSED', ['runs', 'port']],
    ['CERT_HAS_EXPIRED', ['certificate', 'tls_config.ca_file']],
    ['UND_ERR_HEADERS_TIMEOUT', ['network', 'poll_timeout']],
    ['UND_ERR_RES_EXCEEDED_MAX_SIZE', ['address']],
    ['SOMETHING_NEW', ['message']],
  ])('with %s names %j', async (code, names) => {
    const remedy = await remedyOf(failing(code));
    for (const name of names) expect(remedy).toContain(name);
  });
});

describe('the remedy for an answer about physical tenants', () => {
  const remedyFor = (path: string, status: number) => {
    const url = new URL(path, 'http://cluster.test/');
    const result = atOnce(readAnswer({ ...answered(status), url }));
    return result.ok ? '' : told(result.failure).remedy;
  };

  it.each([
    ['v1/topology', ['address', 'set api_version to v2']],
    ['v2/topology', ['address']],
    ['cluster/v2/topology', ['remove physical_tenants', '8.10']],
    ['physical-tenants/orders/v2/topology', ['no physical tenant orders', 'address', '/physical-tenants/orders']],
  ])('a 404 from %s names %j', (path, names) => {
    for (const name of names) expect(remedyFor(path, 404)).toContain(name);
  });

  it('a 404 from v2 does not suggest v2', () => {
    expect(remedyFor('v2/topology', 404)).not.toContain('v2');
  });

  const refusalOf = (path: string) => {
    const request = { to: 'cluster', url: `http://cluster.test/${path}` } as const;
    const problems = [
      { kind: 'no_credentials' },
      { kind: 'password_refused', username: 'demo' },
      { kind: 'forbidden' },
      { kind: 'token_refused' },
    ] as const;
    return problems.map((problem) => told({ reason: 'forbidden', problem, request, status: 403 }).remedy);
  };

  it('a 401 or 403 to a cluster admin says who is one, and to a tenant whose providers count', () => {
    for (const remedy of refusalOf('cluster/v2/topology')) {
      expect(remedy).toContain('camunda.security.cluster-admin.basic.users');
      expect(remedy).toContain('camunda.security.cluster-admin.oidc');
    }
    for (const remedy of refusalOf('physical-tenants/orders/v2/topology')) {
      expect(remedy).toContain('among the providers that the physical tenant orders assigns');
    }
    for (const remedy of refusalOf('v2/topology')) expect(remedy).not.toMatch(/tenant|admin/);
  });
});

describe('the remedy for an answer that is not a topology', () => {
  it.each<[number, string, readonly string[]]>([
    [404, '', ['address', 'api_version']],
    [302, '', ['address', 'redirect', 'REST API']],
    [429, '', ['poll_interval']],
    [500, '', ['log']],
    [200, 'text/html', ['address', 'web page', 'REST API']],
    [200, 'application/json', ['address']],
  ])('with status %i and content type %j names %j', (status, contentType, names) => {
    const result = atOnce(readAnswer(answered(status, { contentType, body: '[]' })));
    const remedy = result.ok ? '' : told(result.failure).remedy;
    for (const name of names) expect(remedy).toContain(name);
  });
});
