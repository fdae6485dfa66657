import { describe, expect, it } from 'vitest';
import { complaints, oauth2Of } from './loading.ts';

const fileWith = (address: string, oauth2: string) =>
  `clusters:\n  - name: one\n    address: ${address}\n    oauth2: { client_id: a, client_secret: b, ${oauth2} }`;
const saas = 'https://bru-2.zeebe.camunda.io/0f4a';

describe('the limit of token requests', () => {
  it.each([
    ['', 1],
    ['token_url: "https://login.cloud.camunda.io/oauth/token?key=1"', 1],
    ['issuer_url: https://login.cloud.camunda.io/', 1],
    ['token_url: https://login.cloud.camunda.io.example.com/oauth/token', undefined],
    ['token_url: https://login.example.com/oauth/token', undefined],
  ])('is one per second at Camunda SaaS, and there is none elsewhere: %j', (oauth2, limit) => {
    expect(oauth2Of({ file: fileWith(saas, oauth2) }).tokenRequestsPerSecond).toBe(limit);
  });

  it.each([
    ['0.1', 0.1],
    ['5', 5],
    ['1000', 1_000],
  ])('may be set everywhere: %s', (written, limit) => {
    for (const endpoint of ['', 'issuer_url: "https://login.example.com", ']) {
      const file = fileWith(saas, `${endpoint}token_requests_per_second: ${written}`);
      expect(oauth2Of({ file }).tokenRequestsPerSecond).toBe(limit);
    }
  });

  it.each([
    ['0', 'a number from 0.1 to 1000, found 0'],
    ['0.09', 'a number from 0.1 to 1000, found 0.09'],
    ['-1', 'a number from 0.1 to 1000, found -1'],
    ['1001', 'a number from 0.1 to 1000, found 1001'],
    ['.inf', 'a number from 0.1 to 1000, found null'],
    ['.nan', 'a number from 0.1 to 1000, found null'],
    ['"1"', 'a number without quotes, found text'],
    ['fast', 'a number without quotes, found text'],
  ])('is refused if it is %s', (written, complaint) => {
    expect(complaints({ file: fileWith(saas, `token_requests_per_second: ${written}`) })).toEqual([
      `conf/exporter.yml:4: clusters[0].oauth2.token_requests_per_second: expected ${complaint}`,
    ]);
  });
});
