import {
  clusterAddress,
  hostNames,
  issuerOfDiscovery,
  issuerUrl,
  listenAddresses,
  proxyUrl,
  telemetryPath,
  tokenUrl,
} from './addresses.ts';
import { apiVersions, clientAuthenticationMethods, logFormats, logLevels, signatureAlgorithms } from './config.ts';
import {
  authStrategy,
  clusterName,
  endpointParams,
  headers,
  line,
  oneOf,
  pollInterval,
  pollTimeout,
  saasName,
  scopes,
  secret,
  tlsVersion,
  username,
} from './formats.ts';
import { boolean, hide, list, map, showUrl, type Table, text, under } from './setting.ts';

export const saasTokenUrl = 'https://login.cloud.camunda.io/oauth/token';

/** At the top: the defaults of every cluster. */
export const polling = {
  poll_interval: text({
    doc: 'How often a cluster is asked for its topology, from 1s to 24h.',
    default: '15s',
    format: pollInterval,
    variables: ['ZEEBE_POLL_INTERVAL'],
  }),
  poll_timeout: text({
    doc: 'How long a poll may take, token requests included; at most the interval. Where it is set nowhere, a shorter interval is the timeout too.',
    default: '10s',
    format: pollTimeout,
    variables: ['ZEEBE_POLL_TIMEOUT'],
  }),
};

/** The settings of the exporter: the top of the file, the flags. The file's `clusters` are of the other table. */
export const topTable = {
  'config.file': text({
    doc: 'The configuration file (YAML). Without it, or without clusters in it, the environment describes one cluster.',
    format: line,
    flag: '--config.file=PATH',
    file: false,
  }),
  'config.check': boolean({
    doc: 'Validate the configuration, say what is wrong, and exit with 0 or 1.',
    default: false,
    format: (raw) => raw,
    flag: '--config.check',
    file: false,
  }),
  ...polling,
  'web.listen_addresses': list({
    doc: 'Where to serve: host:port, [::1]:port, or :port for every interface. The flag may be given more than once.',
    default: [':10650'],
    format: listenAddresses,
    flag: '--web.listen-address=ADDRESS',
  }),
  'web.telemetry_path': text({
    doc: 'The path of the metrics.',
    default: '/metrics',
    format: telemetryPath,
    flag: '--web.telemetry-path=PATH',
  }),
  'web.allowed_hosts': list({
    doc: 'The host names under which clients reach the exporter, without port; requests to other names are refused with 403, which protects against DNS rebinding. IP addresses and localhost are always accepted, as are all names for /-/healthy and /-/ready. Without it every name is accepted.',
    format: hostNames,
  }),
  'web.config.file': text({
    doc: "A file with TLS, client certificates, passwords and headers for the exporter's own server, in the format of Prometheus' exporter-toolkit (docs/web-config.md).",
    format: line,
    flag: '--web.config.file=PATH',
    file: false,
  }),
  'log.level': text({
    doc: `What is logged: ${logLevels.join(', ')}.`,
    default: 'info',
    format: oneOf(logLevels),
    flag: '--log.level=LEVEL',
  }),
  'log.format': text({
    doc: `How it is logged: ${logFormats.join(' or ')}. Without it: pretty on a terminal, json elsewhere.`,
    format: oneOf(logFormats),
    flag: '--log.format=FORMAT',
  }),
} satisfies Table;

const tlsConfig = {
  ca_file: text({
    doc: 'The certificate authorities to trust (PEM), instead of those that Node.js trusts.',
    format: line,
    variables: ['CAMUNDA_CA_CERTIFICATE_PATH', 'ZEEBE_CA_CERTIFICATE_PATH', 'CAMUNDA_MTLS_CA_PATH'],
  }),
  cert_file: text({
    doc: 'The client certificate (PEM); comes with key_file.',
    format: line,
    variables: ['CAMUNDA_MTLS_CERT_PATH'],
  }),
  key_file: text({
    doc: 'The key of the client certificate (PEM, not encrypted).',
    format: line,
    variables: ['CAMUNDA_MTLS_KEY_PATH'],
  }),
  server_name: text({
    doc: 'The name to ask for and to verify, where it is not the host of the address.',
    format: line,
  }),
  insecure_skip_verify: boolean({
    doc: "True: the server's certificate is not verified.",
    default: false,
    format: (raw) => raw,
  }),
  min_version: text({
    doc: 'The lowest version of TLS: TLS10, TLS11, TLS12 or TLS13. Without it: TLS12, as Node.js has it. TLS10 and TLS11 also allow the weak algorithms that come with them.',
    format: tlsVersion,
  }),
};

/** The settings of one cluster, in the file or from the environment. */
export const clusterTable = {
  name: text({
    doc: 'The name in metrics and logs, at most 128 characters; no two clusters share one.',
    format: clusterName,
    variables: ['ZEEBE_CLUSTER_NAME'],
    variableDefault: 'default',
  }),
  address: text({
    doc: 'The base address of the REST API (http or https). Its path is kept; a trailing /v1 or /v2 is understood, and chooses the version where api_version is not set.',
    format: clusterAddress,
    show: showUrl,
    variables: ['ZEEBE_REST_ADDRESS', 'CAMUNDA_REST_ADDRESS'],
    variableDefault: 'http://localhost:8080/',
  }),
  cluster_id: text({
    doc: 'The id of a cluster of Camunda SaaS: the address is https://<region>.zeebe.camunda.io/<id> where no address is set.',
    format: saasName,
    variables: ['CAMUNDA_CLUSTER_ID'],
    file: false,
  }),
  cluster_region: text({
    doc: 'The region of that cluster.',
    format: saasName,
    variables: ['CAMUNDA_CLUSTER_REGION'],
    variableDefault: 'bru-2',
    file: false,
  }),
  api_version: text({
    doc: 'v1, v2, or auto (v1, then v2 where v1 is not found).',
    default: 'v1',
    format: oneOf(apiVersions),
    variables: ['ZEEBE_API_VERSION'],
  }),
  ...polling,
  auth_strategy: text({
    doc: 'NONE, BASIC or OAUTH. Without it, the credentials that are set choose.',
    format: authStrategy,
    variables: ['CAMUNDA_AUTH_STRATEGY'],
    file: false,
  }),
  ...under('basic_auth', {
    username: text({
      doc: 'The user name, without a colon.',
      format: username,
      variables: ['CAMUNDA_BASIC_AUTH_USERNAME'],
    }),
    password: text({
      doc: 'The password.',
      format: secret,
      show: hide,
      variables: ['CAMUNDA_BASIC_AUTH_PASSWORD'],
    }),
    password_file: text({
      doc: 'A file that holds the password.',
      format: line,
      variables: ['CAMUNDA_BASIC_AUTH_PASSWORD_FILE'],
    }),
  }),
  ...under('oauth2', {
    client_id: text({
      doc: 'The client id.',
      format: line,
      variables: ['CAMUNDA_CLIENT_ID', 'ZEEBE_CLIENT_ID'],
    }),
    client_secret: text({
      doc: 'The client secret.',
      format: secret,
      show: hide,
      variables: ['CAMUNDA_CLIENT_SECRET', 'ZEEBE_CLIENT_SECRET'],
    }),
    client_secret_file: text({
      doc: 'A file that holds the client secret.',
      format: line,
      variables: ['CAMUNDA_CLIENT_SECRET_FILE', 'ZEEBE_CLIENT_SECRET_FILE'],
    }),
    token_url: text({
      doc: `The token endpoint. Without it and issuer_url: ${saasTokenUrl} where the host of the address ends in .camunda.io; for other addresses one of the two is required.`,
      format: tokenUrl,
      show: showUrl,
      variables: ['CAMUNDA_OAUTH_URL', 'CAMUNDA_AUTHORIZATION_SERVER_URL', 'ZEEBE_AUTHORIZATION_SERVER_URL'],
    }),
    issuer_url: text({
      doc: 'The issuer, whose discovery document names the token endpoint (OpenID Connect Discovery); instead of token_url.',
      format: issuerUrl,
      show: showUrl,
      variables: ['CAMUNDA_ISSUER_URL'],
    }),
    discovery_url: text({
      doc: 'The discovery document of the issuer, which ends in /.well-known/openid-configuration; another way to set issuer_url.',
      format: issuerOfDiscovery,
      show: showUrl,
      variables: ['CAMUNDA_WELL_KNOWN_CONFIGURATION_URL'],
      file: false,
    }),
    audience: text({
      doc: 'The audience to ask for. Without it: zeebe.camunda.io at the token endpoint of Camunda SaaS, none elsewhere.',
      format: line,
      variables: ['CAMUNDA_TOKEN_AUDIENCE', 'ZEEBE_TOKEN_AUDIENCE'],
    }),
    scopes: list({
      doc: 'The scopes to ask for; separated by spaces in the variable.',
      default: [],
      format: scopes,
      variables: ['CAMUNDA_OAUTH_SCOPE', 'CAMUNDA_TOKEN_SCOPE'],
    }),
    resource: text({
      doc: 'The resource to ask for (RFC 8707).',
      format: line,
      variables: ['CAMUNDA_TOKEN_RESOURCE'],
    }),
    endpoint_params: map({
      doc: 'Further parameters of the token request.',
      default: [],
      format: endpointParams,
      show: hide,
    }),
    client_auth: text({
      doc: 'How the client authenticates at the token endpoint: client_secret_post or client_secret_basic (RFC 6749, 2.3.1), private_key_jwt (RFC 7523), or tls_client_auth (RFC 8705) with the certificate of tls_config. Without it: private_key_jwt where client_certificate_key_file is set, else client_secret_post.',
      format: oneOf(clientAuthenticationMethods),
    }),
    client_certificate_key_file: text({
      doc: 'For private_key_jwt: the key that signs, in PEM (PKCS#8, PKCS#1 or SEC1) or PKCS#12. RSA of at least 2048 bits, or EC on the curve P-256.',
      format: line,
      variables: ['CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PATH'],
    }),
    client_certificate_key_password: text({
      doc: 'The password of client_certificate_key_file, where it has one; of a PKCS#12 file, in ASCII.',
      format: secret,
      show: hide,
      variables: ['CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PASSWORD'],
    }),
    client_certificate_key_password_file: text({
      doc: 'A file that holds the password of client_certificate_key_file.',
      format: line,
      variables: ['CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PASSWORD_FILE'],
    }),
    client_certificate_key_id: text({
      doc: 'For private_key_jwt: the header kid of the assertion. Without it the assertion has none.',
      format: line,
    }),
    client_certificate_file: text({
      doc: 'For private_key_jwt: the certificate of the key (PEM), whose thumbprint becomes the header x5t#S256. Without it: the one that a PKCS#12 file has.',
      format: line,
    }),
    signature_algorithm: text({
      doc: `For private_key_jwt: ${signatureAlgorithms.join(', ')}. Without it: RS256 for an RSA key, ES256 for an EC key.`,
      format: oneOf(signatureAlgorithms),
    }),
    ...under('tls_config', tlsConfig),
  }),
  ...under('tls_config', tlsConfig),
  proxy_url: text({
    doc: 'The HTTP proxy for the cluster and its token endpoint; may hold credentials. Without it: HTTPS_PROXY, HTTP_PROXY and NO_PROXY.',
    format: proxyUrl,
    show: showUrl,
  }),
  enable_http2: boolean({
    doc: 'Offers HTTP/2 to the cluster; by default only HTTP/1.1 is used.',
    default: false,
    format: (raw) => raw,
  }),
  headers: map({
    doc: 'Further headers, sent to the cluster but not to the token endpoint.',
    default: [],
    format: headers,
    show: hide,
  }),
} satisfies Table;
