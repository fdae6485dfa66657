import { writeFileSync } from 'node:fs';
import type { Raw, Setting, Table } from '../src/config/setting.ts';
import { clusterTable, topTable } from '../src/config/settings-table.ts';

export const exampleFile = `\
poll_interval: 15s
poll_timeout: 10s

clusters:
  - name: production
    address: https://bru-2.zeebe.camunda.io/0f4ae3d1-5d0e-4d5c-8f0b-6b6f9d3c2a11
    oauth2:
      client_id: exporter
      client_secret_file: secrets/production
      audience: zeebe.camunda.io

  - name: keycloak
    address: https://zeebe.example.com/orchestration
    api_version: v2
    oauth2:
      client_id: exporter
      client_secret_file: secrets/keycloak
      issuer_url: https://keycloak.example.com/realms/camunda
      scopes: [zeebe-api]
      client_auth: client_secret_basic

  - name: staging
    address: http://zeebe-gateway.staging:8080
    poll_interval: 1m
    basic_auth:
      username: demo
      password_file: secrets/staging
    headers:
      X-Tenant: staging
`;

/** The page that `npm run docs` writes. */
export function configurationPage(): string {
  return `# Configuration

<!-- Written by \`npm run docs\` from src/config/settings-table.ts: change it there. -->

The exporter monitors one cluster that environment variables describe, or the clusters that a file describes.
Precedence: flags, environment, file, defaults.

The whole configuration is validated before anything runs. \`--config.check\` does only that. All problems are reported
at once, with location, expected and actual value:

\`\`\`
exporter.yml:15: clusters[1].oauth2.client_id: expected a value, found nothing
CAMUNDA_AUTH_STRATEGY: expected one of NONE, BASIC, OAUTH, found "BEARER"
--web.telemetry-path: expected a path such as /metrics (letters, digits, . _ ~ - between slashes), found "metrics"
\`\`\`

Messages do not show secrets: passwords, client secrets, keys, header values, \`endpoint_params\`, and URLs with
credentials appear as \`<secret>\`.

## Settings of the exporter

A key with a dot is a key inside a mapping: \`log.level\` is \`level\` under \`log\`.

${settingsTable(topTable, ['Key in the file', 'Flag', 'Variable', 'Default', 'Meaning'])}

\`--version\` and \`--help\` print and exit.

### Exit codes

| Code | Meaning |
| --- | --- |
| 0 | success, or stopped by SIGTERM or SIGINT |
| 1 | failure: \`check\` found a failing cluster, \`check\` or \`--config.check\` found an invalid configuration, an address cannot be listened on, or an unexpected error |
| 2 | invalid command line |
| 78 | \`serve\` cannot use its configuration. A restart does not help, so the systemd unit has \`RestartPreventExitStatus=78\` |

A second SIGTERM or SIGINT ends the process at once, with 128 plus the number of the signal.

### The log

The log is written to the standard error. A line has at most 16 KiB: longer texts and lists are truncated, and the line
has \`"truncated": true\`. Control and format characters are escaped in both formats. The pretty format indents the
details of a line below it.

If the log is not read (Ctrl-S, a pager, a blocked log driver), the exporter continues. It buffers up to 1 MiB and drops
further lines. Once the log can be written again, a line says how many lines were lost.

### The health check of the image

The image's \`HEALTHCHECK\` requests \`/-/healthy\` on every address that the exporter listens on, over TLS if TLS is
enabled. The exporter writes these addresses to the file that the variable \`HEALTHCHECK_FILE\` names, which the image
sets to \`/dev/shm/zeebe-topology-exporter\`. Without that file, \`http://127.0.0.1:10650\` is requested.

## Settings of a cluster

In the file these are the keys of an entry of \`clusters\`, of which there may be up to 2,000. The variables describe the
one cluster of the environment. It is used if the file has no key \`clusters\`, or if there is no file. If the file has
\`clusters\`, the environment's cluster is not used, and a line in the log says so if one is set.

An empty file, a file with comments only, and an empty list of \`clusters\` are errors, at the start and at a reload. So
is a file without \`clusters\` if no variable describes a cluster.

${settingsTable(clusterTable, ['Key in the file', 'Variable', 'Default', 'Meaning'])}

A cluster has at most one of \`basic_auth\` and \`oauth2\`.

### Interval and timeout

\`poll_interval\` and \`poll_timeout\` at the top of the file are the defaults of all clusters. Precedence: the cluster's own
settings, \`ZEEBE_POLL_INTERVAL\` and \`ZEEBE_POLL_TIMEOUT\`, the top of the file.

Durations have Prometheus' format: \`15s\`, \`1m30s\`, \`500ms\`, \`1h\`.

### Secrets and other files

A secret is given directly or as the name of a file with the secret, not both. Newlines at the end of that file are
ignored. All files are in UTF-8, with or without a byte order mark; another encoding is an error that names the file and
the position. \`\${NAME}\` is not replaced by the value of a variable, neither in the file nor in a variable, and is an
error as a value. Relative paths start at the folder of the configuration file; in a variable, at the working directory.
The maximum size of a file is 1 MiB. At the start and at a reload, a file that cannot be read within 10 seconds is an
error.

A cluster's files are read again before each of its polls, by their paths. So updates by symbolic links are found, as
Kubernetes makes them for the files of a Secret (but not for those mounted with \`subPath\`). Changes are used from that
poll on, over new connections, without a restart or a reload. A valid token is kept; the back-off after a rejected token
request ends at once. If a file is missing, empty, truncated or invalid, or a key does not match its certificate, the
previous content of all of the cluster's files stays in use. The log says where and why, and
\`zeebe_topology_files_last_read_successful\` is 0 until the files are repaired.

### Clients without a secret

With \`private_key_jwt\` the client signs an assertion (RFC 7523) for each token request, instead of sending a secret. Its
audience is the issuer if \`issuer_url\` is set, else the token URL. It names the key by \`client_certificate_key_id\`
(\`kid\`), by the thumbprint of its certificate (\`x5t#S256\`), by both, or not at all, as the identity provider requires:

- Keycloak: choose "Signed JWT" as the client authenticator, with the certificate or the public key of the client. A
  certificate needs no key id; keys of a JWKS do.
- Microsoft Entra ID: upload the certificate to the app registration, and configure it in the PKCS#12 file or in
  \`client_certificate_file\`. Microsoft documents \`PS256\` as the algorithm.

A PKCS#12 file must contain exactly one private key.

With \`tls_client_auth\` (RFC 8705) the client authenticates by the certificate in \`oauth2.tls_config\`. With
\`issuer_url\`, the token endpoint for such clients (\`mtls_endpoint_aliases\` of the discovery document) is used.

A setting that the method does not use is an error.

### Proxies

Without \`proxy_url\` the proxies of the environment are used: \`HTTPS_PROXY\` for https, \`HTTP_PROXY\` for http and, without
\`HTTPS_PROXY\`, for https too. The lower-case variable takes precedence. A proxy without a scheme, such as
\`proxy:3128\`, is an http proxy. A user name and a password in it must be percent-encoded. Schemes other than http and
https are errors.

\`NO_PROXY\` lists the hosts that are reached without a proxy, separated by commas or blanks:

| Entry | Hosts |
| --- | --- |
| \`example.com\`, \`.example.com\` | that domain and its subdomains |
| \`*.example.com\` | its subdomains only |
| \`10.0.0.1\`, \`::1\` | that IP address in the address of a cluster or token endpoint; names are not resolved |
| \`10.0.0.0/8\`, \`fd00::/8\` | the IP addresses of that range (CIDR) |
| \`*\` | all |

An entry with a port, such as \`example.com:8080\` or \`[::1]:8080\`, applies to that port only.

### Token endpoint

Credentials are sent to the token endpoint of Camunda SaaS by default only if the host of the address ends in
\`.camunda.io\`. For other addresses, \`oauth2\` without \`token_url\` and \`issuer_url\` is an error, in the file and in the
environment. The audience \`zeebe.camunda.io\` is the default at the token endpoint of Camunda SaaS.

### Authentication from the environment

Without \`CAMUNDA_AUTH_STRATEGY\` the credentials determine the strategy: a client id, client secret or key selects
\`OAUTH\`, a user name or password of basic authentication selects \`BASIC\`, and without either it is \`NONE\`. Both
together are an error that asks for \`CAMUNDA_AUTH_STRATEGY\`.

With \`CAMUNDA_AUTH_STRATEGY\`, \`BASIC\` and \`OAUTH\` require their own credentials; variables of the other method are
ignored, and a line in the log names them. \`NONE\` together with credentials is an error.

### Variables

The variables are those of Camunda's own clients. Some settings have several variables, which may all be set to the same
value. Different values are an error that names the variables, since one of them may belong to another cluster.
\`CAMUNDA_CLUSTER_ID\` and \`CAMUNDA_CLUSTER_REGION\` determine the address only if no address is set. The certificates
apply to the cluster and to its token endpoint.

An empty variable counts as unset. Quotes and blanks around a value are an error, since \`docker --env-file\` keeps them.
Around a secret they are sent as a part of it, and a line in the log says so.

The exporter warns about a variable that begins with \`CAMUNDA_\` or \`ZEEBE_\` and is not read, and names the variable to
use, if it resembles one that is read (\`CAMUNDA_CLIENT_SECRETE\`), or if it is another client's name for a setting that
is not set (\`ZEEBE_ADDRESS\`, \`CAMUNDA_BASE_URL\`, \`CAMUNDA_CUSTOM_ROOT_CERT_PATH\`).

## Example

\`\`\`yaml
${exampleFile.trimEnd()}
\`\`\`

The file is YAML 1.2. Text that looks like a number, \`true\`, \`false\` or \`null\` needs quotes where text is expected,
as YAML would change it: \`client_id: "0123"\`. Unknown and duplicate keys are errors. A file may have up to 500,000
values, each counted as often as aliases repeat it. A lone surrogate (\`"\\uD800"\`) in a text is an error.
`;
}

type Column = 'Key in the file' | 'Flag' | 'Variable' | 'Default' | 'Meaning';

const cells: Record<Column, (setting: Setting, key: string) => string> = {
  'Key in the file': ({ file }, key) => (file === false ? '' : code(key)),
  Flag: ({ flag }) => code(flag),
  Variable: ({ variables = [] }) => variables.map(code).join(' or '),
  Default: (setting) => {
    const fromEnvironment = code(setting.variableDefault);
    if (setting.file === false) return fromEnvironment || code(setting.default);
    return code(setting.default) || (fromEnvironment && `${fromEnvironment} from the environment, none in the file`);
  },
  Meaning: ({ doc }) => doc,
};

function settingsTable(table: Table, columns: readonly Column[]): string {
  const rows = Object.entries(table).map(([key, setting]) => columns.map((column) => cells[column](setting, key)));
  return [columns, columns.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function code(raw: Raw | undefined): string {
  const text = String(raw ?? '');
  return text === '' ? '' : `\`${text}\``;
}

if (import.meta.filename === process.argv[1]) {
  writeFileSync(new URL('configuration.md', import.meta.url), configurationPage());
}
