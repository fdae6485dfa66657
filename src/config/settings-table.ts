import {
  clusterAddress,
  externalLinks,
  externalUrl,
  hostNames,
  issuerOfDiscovery,
  issuerUrl,
  listenAddresses,
  proxyUrl,
  telemetryPath,
  tokenUrl,
} from './addresses.ts';
import { clientAuthenticationMethods, signatureAlgorithms } from './client-authentication-config.ts';
import { clusterDefaults } from './cluster-defaults.ts';
import { apiVersions, logFormats, logLevels, physicalTenants } from './config.ts';
import {
  authStrategy,
  clusterName,
  endpointParams,
  headers,
  oneOf,
  requestsPerSecond,
  saasName,
  scopes,
  secret,
  singleLineText,
  username,
} from './formats.ts';
import { staticLabels } from './labels.ts';
import { limits } from './limit-settings.ts';
import { replicas } from './replica-settings.ts';
import { boolean, group, type Key, list, map, number, showPlain, showUrl, type Table, text } from './setting.ts';
import { clientTls } from './tls-settings.ts';

export const saasTokenUrl = 'https://login.cloud.camunda.io/oauth/token';

/** The settings of the exporter: the top of the file, without its `clusters`, and the flags. */
export const topTable = {
  'config.file': text({
    doc: 'The configuration file (YAML). Without it, or without clusters in it, the environment describes one cluster.',
    format: singleLineText,
    variables: ['CONFIG_FILE'],
    flag: '--config.file=PATH',
    file: false,
  }),
  'config.check': boolean({
    doc: 'Validate the configuration, print all problems, and exit with 0 or 1.',
    default: false,
    format: (raw) => raw,
    flag: '--config.check',
    file: false,
  }),
  ...clusterDefaults,
  ...limits,
  'web.listen_addresses': list({
    doc: 'The addresses to listen on: host:port, [::1]:port, or :port for all interfaces. The flag may be repeated; spaces separate several addresses in the variable.',
    default: [':10650'],
    format: listenAddresses,
    variables: ['WEB_LISTEN_ADDRESS'],
    flag: '--web.listen-address=ADDRESS',
  }),
  'web.telemetry_path': text({
    doc: 'The path of the metrics.',
    default: '/metrics',
    format: telemetryPath,
    flag: '--web.telemetry-path=PATH',
  }),
  'web.external_url': text({
    doc: 'The URL under which clients reach the exporter, if a proxy is in front of it: /sd lists targets there (docs/reverse-proxies.md). Default: the host of each request.',
    format: externalUrl,
    show: showUrl,
    flag: '--web.external-url=URL',
  }),
  'web.allowed_hosts': list({
    doc: 'The host names under which clients reach the exporter, without port. Requests to other names get 403, which protects against DNS rebinding. IP addresses and localhost are always accepted, as are all names for /-/healthy and /-/ready. Default: all names.',
    format: hostNames,
  }),
  'web.external_links': map({
    doc: 'Links of the status page for each cluster: names with URLs (http or https), in which {cluster} stands for the percent-encoded name of the cluster. Example: Grafana: https://grafana.example.com/d/zeebe-topology-cluster?var-zeebe_cluster={cluster}',
    format: externalLinks,
    show: (raw) => raw.map(([name, url]) => `${name}: ${showUrl(url)}`).join(', '),
  }),
  'web.config.file': text({
    doc: "A file with the TLS settings, client certificates, passwords and headers of the exporter's own server, in the format of Prometheus' exporter-toolkit (docs/web-config.md).",
    format: singleLineText,
    flag: '--web.config.file=PATH',
    file: false,
  }),
  ...replicas,
  'log.level': text({
    doc: `The log level: ${logLevels.join(', ')}.`,
    default: 'info',
    format: oneOf(logLevels),
    variables: ['LOG_LEVEL'],
    flag: '--log.level=LEVEL',
  }),
  'log.format': text({
    doc: `The log format: ${logFormats.join(', ')}. Default: pretty on a terminal, json elsewhere.`,
    format: oneOf(logFormats),
    variables: ['LOG_FORMAT'],
    flag: '--log.format=FORMAT',
  }),
} satisfies Table;

/** The settings of one cluster, in the file or from the environment. */
export const clusterTable = {
  name: text({
    doc: 'The name in metrics and logs, at most 128 characters. Names are unique.',
    format: clusterName,
    variables: ['ZEEBE_CLUSTER_NAME'],
    variableDefault: 'default',
  }),
  address: text({
    doc: 'The base address of the REST API (http or https), with its path. A trailing /v1 or /v2 selects the version unless api_version is set. With /physical-tenants/<id> at its end, that physical tenant is polled.',
    format: clusterAddress,
    show: showUrl,
    variables: ['ZEEBE_REST_ADDRESS', 'CAMUNDA_REST_ADDRESS'],
    variableDefault: 'http://localhost:8080/',
  }),
  cluster_id: text({
    doc: 'The id of a cluster of Camunda SaaS. Unless an address is set, it is https://<region>.zeebe.camunda.io/<id>.',
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
  labels: map({
    doc: 'Labels of the cluster, on the metric zeebe_topology_cluster_labels and in /sd (docs/prometheus.md#labels-of-a-cluster): at most 16, with names of letters, digits and underscores.',
    default: [],
    format: staticLabels,
    show: (raw) => showPlain(Object.fromEntries(raw)),
  }),
  api_version: text({
    doc: 'v1, v2, or auto (v1, then v2 if v1 is not found; v2 alone below /physical-tenants/).',
    default: 'auto',
    format: oneOf(apiVersions),
    variables: ['ZEEBE_API_VERSION'],
  }),
  physical_tenants: text({
    doc: 'all: poll every physical tenant of a cluster of Camunda 8.10 or later, with cluster-admin credentials (docs/physical-tenants.md). Default: only the tenant that the address leads to, which is the tenant default unless the address ends with /physical-tenants/<id>.',
    format: oneOf(physicalTenants),
    variables: ['ZEEBE_PHYSICAL_TENANTS'],
  }),
  ...clusterDefaults,
  auth_strategy: text({
    doc: 'NONE, BASIC or OAUTH. Default: chosen by the credentials that are set.',
    format: authStrategy,
    variables: ['CAMUNDA_AUTH_STRATEGY'],
    file: false,
  }),
  ...group('basic_auth', {
    username: text({
      doc: 'The user name. It must not contain a colon.',
      format: username,
      variables: ['CAMUNDA_BASIC_AUTH_USERNAME'],
    }),
    password: text({
      doc: 'The password.',
      format: secret,
      isSecret: true,
      variables: ['CAMUNDA_BASIC_AUTH_PASSWORD'],
    }),
    password_file: text({
      doc: 'A file with the password.',
      format: singleLineText,
      variables: ['CAMUNDA_BASIC_AUTH_PASSWORD_FILE'],
    }),
  }),
  ...group('oauth2', {
    client_id: text({
      doc: 'The client id.',
      format: singleLineText,
      variables: ['CAMUNDA_CLIENT_ID', 'ZEEBE_CLIENT_ID'],
    }),
    client_secret: text({
      doc: 'The client secret.',
      format: secret,
      isSecret: true,
      variables: ['CAMUNDA_CLIENT_SECRET', 'ZEEBE_CLIENT_SECRET'],
    }),
    client_secret_file: text({
      doc: 'A file with the client secret.',
      format: singleLineText,
      variables: ['CAMUNDA_CLIENT_SECRET_FILE', 'ZEEBE_CLIENT_SECRET_FILE'],
    }),
    token_url: text({
      doc: `The token endpoint. Default without issuer_url: ${saasTokenUrl} if the host of the address ends in .camunda.io. For other addresses one of the two is required.`,
      format: tokenUrl,
      show: showUrl,
      variables: ['CAMUNDA_OAUTH_URL', 'CAMUNDA_AUTHORIZATION_SERVER_URL', 'ZEEBE_AUTHORIZATION_SERVER_URL'],
    }),
    issuer_url: text({
      doc: 'The issuer, whose discovery document names the token endpoint (OpenID Connect Discovery). Replaces token_url.',
      format: issuerUrl,
      show: showUrl,
      variables: ['CAMUNDA_ISSUER_URL'],
    }),
    discovery_url: text({
      doc: 'The URL of the discovery document, which ends in /.well-known/openid-configuration. Another way to set issuer_url.',
      format: issuerOfDiscovery,
      show: showUrl,
      variables: ['CAMUNDA_WELL_KNOWN_CONFIGURATION_URL'],
      file: false,
    }),
    audience: text({
      doc: 'The audience to request. Default: zeebe.camunda.io at the token endpoint of Camunda SaaS, none elsewhere.',
      format: singleLineText,
      variables: ['CAMUNDA_TOKEN_AUDIENCE', 'ZEEBE_TOKEN_AUDIENCE'],
    }),
    scopes: list({
      doc: 'The scopes to request; separated by spaces in the variable.',
      default: [],
      format: scopes,
      variables: ['CAMUNDA_OAUTH_SCOPE', 'CAMUNDA_TOKEN_SCOPE'],
    }),
    resource: text({
      doc: 'The resource to request (RFC 8707).',
      format: singleLineText,
      variables: ['CAMUNDA_TOKEN_RESOURCE'],
    }),
    endpoint_params: map({
      doc: 'Additional parameters of the token request.',
      default: [],
      format: endpointParams,
      isSecret: true,
    }),
    token_requests_per_second: number({
      doc: 'At most this many token requests per second are sent to the identity provider, for all clusters together: those with the same scheme, host and port in token_url or issuer_url. The lowest value of these clusters applies. From 0.1 to 1000. Default: 1 at the token endpoint of Camunda SaaS, no limit elsewhere.',
      format: requestsPerSecond,
    }),
    client_auth: text({
      doc: 'How the client authenticates at the token endpoint: client_secret_post or client_secret_basic (RFC 6749, 2.3.1), private_key_jwt (RFC 7523), or tls_client_auth (RFC 8705) with the certificate of tls_config. Default: private_key_jwt if client_certificate_key_file is set, else client_secret_post.',
      format: oneOf(clientAuthenticationMethods),
    }),
    client_certificate_key_file: text({
      doc: 'For private_key_jwt: the key that signs, in PEM (PKCS#8, PKCS#1 or SEC1) or PKCS#12. RSA of at least 2048 bits, or EC on the curve P-256.',
      format: singleLineText,
      variables: ['CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PATH'],
    }),
    client_certificate_key_password: text({
      doc: 'The password of client_certificate_key_file, if it has one. For a PKCS#12 file it must be ASCII.',
      format: secret,
      isSecret: true,
      variables: ['CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PASSWORD'],
    }),
    client_certificate_key_password_file: text({
      doc: 'A file with the password of client_certificate_key_file.',
      format: singleLineText,
      variables: ['CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PASSWORD_FILE'],
    }),
    client_certificate_key_id: text({
      doc: 'For private_key_jwt: the header kid of the assertion. Default: no header kid.',
      format: singleLineText,
    }),
    client_certificate_file: text({
      doc: 'For private_key_jwt: the certificate of the key (PEM), whose thumbprint becomes the header x5t#S256. Default: the certificate in the PKCS#12 file, if any.',
      format: singleLineText,
    }),
    signature_algorithm: text({
      doc: `For private_key_jwt: ${signatureAlgorithms.join(', ')}. Default: RS256 for an RSA key, ES256 for an EC key.`,
      format: oneOf(signatureAlgorithms),
    }),
    ...group('tls_config', clientTls),
  }),
  ...group('tls_config', clientTls),
  proxy_url: text({
    doc: 'The HTTP proxy for the cluster and its token endpoint; may contain credentials. Default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY.',
    format: proxyUrl,
    show: showUrl,
  }),
  enable_http2: boolean({
    doc: 'Offers HTTP/2 to the cluster. By default only HTTP/1.1 is used.',
    default: false,
    format: (raw) => raw,
  }),
  headers: map({
    doc: 'Additional headers of requests to the cluster. They are not sent to the token endpoint.',
    default: [],
    format: headers,
    isSecret: true,
  }),
} satisfies Table;

export type ClusterKey = Key<typeof clusterTable>;
