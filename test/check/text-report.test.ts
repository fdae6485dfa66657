import { describe, expect, it } from 'vitest';
import type { TlsFacts, TokenFacts, TopologyFacts } from '../../src/check/steps.ts';
import { forPeople } from '../../src/check/text-report.ts';

const { step, summary } = forPeople(false);

function tls(facts: Partial<TlsFacts>): string {
  const whole = { protocol: 'TLSv1.3', subject: 'zeebe', issuer: 'CA', verified: true, ...facts };
  return step({ name: 'cluster_tls', status: 'ok', facts: whole });
}

function token(facts: Partial<TokenFacts>): string {
  return step({ name: 'token', status: 'ok', facts: { opaque: false, ...facts } });
}

function topology(facts: Partial<TopologyFacts>): string {
  return step({ name: 'topology', status: 'ok', facts: { url: '', brokers: 3, ...facts } });
}

describe('the text of a step', () => {
  it.each([
    [-1, 'has expired'],
    [0, 'in 0 days'],
    [1, 'in 1 day'],
    [2, 'in 2 days'],
  ])('says when a certificate expires: %i days left', (days_left, told) => {
    expect(tls({ expires: '2030-01-02T03:04:05.000Z', days_left })).toBe(
      '  ✓ TLS of the cluster: TLSv1.3\n' +
        '      certificate  zeebe\n' +
        '      issued by    CA\n' +
        `      expires      2030-01-02, ${told}\n`,
    );
  });

  it('leaves out an expiry that cannot be read, and says that nothing is verified', () => {
    expect(tls({ verified: false })).toBe(
      '  ✓ TLS of the cluster: TLSv1.3, the certificate is not verified\n' +
        '      certificate  zeebe\n' +
        '      issued by    CA\n',
    );
  });

  it.each([
    [undefined, 'not told'],
    [0, '0 s'],
    [119, '119 s'],
    [120, '2 min'],
    [7_199, '120 min'],
    [7_200, '2 h'],
    [86_400, '24 h'],
  ])('says how long a token lives: %s s', (seconds, told) => {
    const facts = seconds === undefined ? {} : { lifetime_seconds: seconds };
    expect(token(facts)).toBe(`  ✓ Token\n      lifetime  ${told}\n`);
  });

  it.each([
    [0, "agrees with the identity provider's"],
    [2, "agrees with the identity provider's"],
    [-2, "agrees with the identity provider's"],
    [3, "this machine's is 3 s ahead of the identity provider's"],
    [-3, "this machine's is 3 s behind the identity provider's"],
    [-7_200, "this machine's is 2 h behind the identity provider's"],
  ])('compares clocks: a difference of %i s', (clock_difference_seconds, told) => {
    expect(token({ clock_difference_seconds })).toContain(`      clock     ${told}\n`);
  });

  it('says what a token tells, and that it tells nothing', () => {
    expect(token({ audiences: ['a', 'b'], scopes: ['c', 'd'], client: 'me', issuer: 'them' })).toBe(
      '  ✓ Token\n' +
        '      audiences  a, b\n' +
        '      scopes     c d\n' +
        '      client     me\n' +
        '      issuer     them\n' +
        '      lifetime   not told\n',
    );
    expect(token({ audiences: [], scopes: [] })).toContain('audiences  none\n      scopes     none\n');
    expect(token({ opaque: true })).toContain('  ✓ Token: opaque, it says nothing of itself\n');
  });

  it.each<[Partial<TopologyFacts>, string]>([
    [{ brokers: 0 }, '0 brokers'],
    [{ brokers: 1 }, '1 broker'],
    [{ brokers: 2 }, '2 brokers'],
    [{ brokers: 0, cluster_size: 1 }, '0 of 1 broker'],
    [{ brokers: 1, cluster_size: 3 }, '1 of 3 brokers'],
    [{ partitions: 1 }, '3 brokers, 1 partition'],
    [{ partitions: 2, replication_factor: 1 }, '3 brokers, 2 partitions, replication factor 1'],
    [{ gateway_version: '8.8.0', cluster_id: 'id' }, '3 brokers, gateway 8.8.0, cluster id id'],
  ])('counts: %j', (facts, told) => {
    expect(topology(facts)).toBe(`  ✓ Topology: ${told}\n`);
  });

  it('says that a new token need not be the one that a running exporter has', () => {
    expect(topology({ new_token: true })).toBe(
      '  ✓ Topology: 3 brokers\n' +
        '      the token was issued just now: a running exporter may use an older one, without rights granted since\n',
    );
  });

  it.each([
    [['127.0.0.1'], ' (127.0.0.1)'],
    [['127.0.0.1', '::1'], ' (127.0.0.1, one of 2 addresses)'],
    [['127.0.0.1', '::1', '10.0.0.1'], ' (127.0.0.1, one of 3 addresses)'],
  ])('says to which address a name led: %j', (addresses, told) => {
    const facts = { host: 'zeebe', port: 80, addresses, address: '127.0.0.1' };
    expect(step({ name: 'token_connection', status: 'ok', facts })).toBe(
      `  ✓ Connection to the identity provider: zeebe, port 80${told}\n`,
    );
    const itself = { ...facts, host: '127.0.0.1' };
    expect(step({ name: 'token_connection', status: 'ok', facts: itself })).toBe(
      '  ✓ Connection to the identity provider: 127.0.0.1, port 80\n',
    );
  });
});

describe('the last line', () => {
  it.each([
    [[], 1, 'The cluster can be polled.'],
    [['a'], 1, 'The cluster cannot be polled.'],
    [[], 2, 'Each of the 2 clusters can be polled.'],
    [['a'], 2, '1 of 2 clusters cannot be polled: a.'],
    [['a', 'b'], 2, '2 of 2 clusters cannot be polled: a, b.'],
  ])('counts: %j of %i', (failed, all, told) => {
    expect(summary(failed, all)).toBe(`${told}\n`);
  });
});
