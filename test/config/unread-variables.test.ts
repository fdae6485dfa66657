import { describe, expect, it } from 'vitest';

import { configError, fileWith, load } from './loading.ts';

function messages(given: Parameters<typeof load>[0]): readonly string[] {
  return load(given).notices.map(({ message }) => message);
}

describe('a variable that is not read', () => {
  it.each([
    ['CAMUNDA_CLIENT_SECRETE', 'CAMUNDA_CLIENT_SECRET'],
    ['CAMUNDA_CLEINT_ID', 'CAMUNDA_CLIENT_ID'],
    ['ZEEBE_REST_ADRESS', 'ZEEBE_REST_ADDRESS'],
    ['CAMUNDA_REST_ADDRES', 'CAMUNDA_REST_ADDRESS'],
    ['CAMUNDA_CLUSTER_NAME', 'ZEEBE_CLUSTER_NAME'],
    ['CAMUNDA_POLL_INTERVAL', 'ZEEBE_POLL_INTERVAL'],
    ['ZEEBE_OAUTH_URL', 'CAMUNDA_OAUTH_URL'],
    ['zeebe_rest_address', 'ZEEBE_REST_ADDRESS'],
    ['CAMUNDA_BASIC_AUTH_PASSWORDFILE', 'CAMUNDA_BASIC_AUTH_PASSWORD_FILE'],
  ])('%s is told with the name that it looks like', (name, meant) => {
    expect(load({ env: { [name]: 'opensesame' } }).notices).toEqual([
      { message: `${name} is not read: the variable for this is ${meant}`, variables: [name] },
    ]);
  });

  it.each([
    ['CAMUNDA_BASE_URL', 'ZEEBE_REST_ADDRESS'],
    ['ZEEBE_ADDRESS', 'ZEEBE_REST_ADDRESS'],
    ['ZEEBE_GATEWAY_ADDRESS', 'ZEEBE_REST_ADDRESS'],
    ['ZEEBE_GRPC_ADDRESS', 'ZEEBE_REST_ADDRESS'],
    ['CAMUNDA_GRPC_ADDRESS', 'ZEEBE_REST_ADDRESS'],
    ['CAMUNDA_USERNAME', 'CAMUNDA_BASIC_AUTH_USERNAME'],
    ['CAMUNDA_PASSWORD', 'CAMUNDA_BASIC_AUTH_PASSWORD'],
    ['CAMUNDA_ZEEBE_OAUTH_AUDIENCE', 'CAMUNDA_TOKEN_AUDIENCE'],
    ['CAMUNDA_CUSTOM_ROOT_CERT_PATH', 'CAMUNDA_CA_CERTIFICATE_PATH'],
    ['CAMUNDA_CUSTOM_CERT_CHAIN_PATH', 'CAMUNDA_MTLS_CERT_PATH'],
    ['CAMUNDA_CUSTOM_PRIVATE_KEY_PATH', 'CAMUNDA_MTLS_KEY_PATH'],
    ['CAMUNDA_MTLS_CA', 'CAMUNDA_CA_CERTIFICATE_PATH'],
    ['CAMUNDA_MTLS_CERT', 'CAMUNDA_MTLS_CERT_PATH'],
    ['CAMUNDA_MTLS_KEY', 'CAMUNDA_MTLS_KEY_PATH'],
    ['CAMUNDA_SSL_CLIENT_TRUSTSTORE_PATH', 'CAMUNDA_CA_CERTIFICATE_PATH'],
    ['CAMUNDA_SSL_CLIENT_KEYSTORE_PATH', 'CAMUNDA_MTLS_CERT_PATH'],
    ['CAMUNDA_CLIENT_ASSERTION_KEYSTORE_KEY_PASSWORD', 'CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PASSWORD'],
  ])("%s is another client's, told with the name of the same here", (name, meant) => {
    expect(messages({ env: { [name]: 'opensesame' } })).toEqual([
      `${name} is not read: the variable for this is ${meant}`,
    ]);
  });

  it("is not told where it is another client's and its setting is there", () => {
    const env = { ZEEBE_ADDRESS: 'zeebe:26500', CAMUNDA_REST_ADDRESS: 'http://zeebe:8080' };
    expect(messages({ env })).toEqual([]);
    const password = { CAMUNDA_BASIC_AUTH_USERNAME: 'demo', CAMUNDA_BASIC_AUTH_PASSWORD: 'a' };
    expect(messages({ env: { ...password, CAMUNDA_USERNAME: 'demo', CAMUNDA_PASSWORD: 'a' } })).toEqual([]);
  });

  it.each([
    'CAMUNDA_SDK_LOG_LEVEL',
    'CAMUNDA_DEFAULT_TENANT_ID',
    'ZEEBE_PORT_26500_TCP_ADDR',
    'ZEEBE_BROKER_GATEWAY_ENABLE',
    'CAMUNDA_CONSOLE_CLIENT_ID',
    'REST_ADDRESS',
    'MY_CAMUNDA_CLIENT_SECRETE',
    'CAMUNDA_CLIENT_SECRET\nFORGED',
  ])('%j looks like none that is', (name) => {
    expect(messages({ env: { [name]: 'opensesame' } })).toEqual([]);
  });

  it('is two characters away from the name at most', () => {
    expect(messages({ env: { ZEEBE_REST_ADRES: 'a' } })).toHaveLength(1);
    expect(messages({ env: { ZEEBE_REST_ADRE: 'a' } })).toHaveLength(0);
  });

  it('is told beside what is missing because of it, without its value', () => {
    const env = { CAMUNDA_CLIENT_ID: 'exporter', CAMUNDA_CLIENT_SECRETE: 'opensesame' };
    const { message } = configError({ env });
    expect(message).toContain('CAMUNDA_CLIENT_SECRET: expected a value');
    expect(message).toMatch(
      /\nNote:\n {2}CAMUNDA_CLIENT_SECRETE is not read: the variable for this is CAMUNDA_CLIENT_SECRET$/,
    );
    expect(message).not.toContain('opensesame');
  });

  it('is not told where it is empty', () => {
    expect(messages({ env: { ZEEBE_ADDRESS: '', CAMUNDA_CLIENT_SECRETE: '' } })).toEqual([]);
  });

  it('is compared, beside a file with clusters, with those that are read then', () => {
    const env = { ZEEBE_ADDRESS: 'a', CAMUNDA_CLIENT_SECRETE: 'a', ZEEBE_POLL_INTERVALL: 'a' };
    expect(messages({ env, file: fileWith() })).toEqual([
      'ZEEBE_POLL_INTERVALL is not read: the variable for this is ZEEBE_POLL_INTERVAL',
    ]);
  });
});
