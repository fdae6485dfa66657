import { describe, expect, it } from 'vitest';

import { parseCommandLine } from '../src/cli.ts';
import { type Flags, loadConfigFromFiles } from '../src/config/load-config.ts';
import { complaints, load } from './config/loading.ts';

function flags(...argv: readonly string[]): Flags {
  const parsed = parseCommandLine(argv, '1.2.3');
  if (parsed.command !== 'serve') {
    throw new Error(`expected serve, got ${parsed.command}`);
  }
  return parsed.flags;
}

function printed(argv: readonly string[], exitCode: 0 | 2): string {
  const parsed = parseCommandLine(argv, '1.2.3');
  if (parsed.command !== 'print') throw new Error(`expected print, got ${parsed.command}`);
  expect(parsed.exitCode).toBe(exitCode);
  return parsed.text;
}

describe('the command line', () => {
  it('runs serve by default and for the command serve', () => {
    expect(parseCommandLine([], '1.2.3')).toEqual({ command: 'serve', flags: {}, check: false });
    expect(parseCommandLine(['serve'], '1.2.3')).toEqual({ command: 'serve', flags: {}, check: false });
  });

  it('accepts the same flags for demo', () => {
    const flags = { 'web.listen_addresses': ['127.0.0.1:1'] };
    expect(parseCommandLine(['demo', '--web.listen-address=127.0.0.1:1'], '1.2.3')).toEqual({
      command: 'demo',
      flags,
      slow: false,
    });
  });

  it('runs the slow story with demo --slow, which no other command accepts', () => {
    expect(parseCommandLine(['demo', '--slow'], '1.2.3')).toEqual({ command: 'demo', flags: {}, slow: true });
    expect(printed(['demo', '--help'], 0)).toMatch(/--slow /);
    expect(printed(['serve', '--slow'], 2)).toContain("unknown option '--slow'");
    expect(printed(['demo', '--slwo'], 2)).toContain('(Did you mean --slow?)');
  });

  it('accepts every flag with = or a space before its value', () => {
    const expected = {
      'config.file': 'exporter.yml',
      'web.listen_addresses': [':1', '[::1]:2'],
      'web.telemetry_path': '/zeebe',
      'log.level': 'debug',
      'log.format': 'json',
    };
    const given = [
      ['--config.file', 'exporter.yml'],
      ['--web.listen-address', ':1'],
      ['--web.listen-address', '[::1]:2'],
      ['--web.telemetry-path', '/zeebe'],
      ['--log.level', 'debug'],
      ['--log.format', 'json'],
    ];
    expect(flags(...given.map((flag) => flag.join('=')))).toEqual(expected);
    expect(flags(...given.flat())).toEqual(expected);
    expect(flags('serve', ...given.flat())).toEqual(expected);
  });

  it('runs check with text or JSON output', () => {
    const flags = { 'config.file': 'exporter.yml' };
    const given = ['check', '--config.file=exporter.yml'];
    expect(parseCommandLine(given, '1.2.3')).toEqual({ command: 'check', flags, output: 'text' });
    expect(parseCommandLine([...given, '--output=json'], '1.2.3')).toEqual({ command: 'check', flags, output: 'json' });
    expect(parseCommandLine([...given, '--output=xml'], '1.2.3')).toMatchObject({ command: 'print', exitCode: 2 });
  });

  it('checks only the configuration with --config.check', () => {
    expect(parseCommandLine(['--config.check', '--log.level=warn'], '1.2.3')).toEqual({
      command: 'serve',
      flags: { 'config.check': true, 'log.level': 'warn' },
      check: true,
    });
  });

  it.each([
    ['--version'],
    ['-V'],
    ['version'],
    ['serve', '--version'],
    ['check', '-V'],
  ])('prints the version for %s', (...argv) => {
    expect(parseCommandLine(argv, 'exporter 1.2.3 (Node 24)')).toEqual({
      command: 'print',
      text: 'exporter 1.2.3 (Node 24)\n',
      exitCode: 0,
    });
  });

  it.each([
    ['--help'],
    ['-h'],
    ['help'],
    ['serve', '--help'],
    ['serve', '-h'],
    ['help', 'serve'],
  ])('lists every flag in the help for %s', (...argv) => {
    const parsed = parseCommandLine(argv, '1.2.3');
    expect(parsed).toMatchObject({ command: 'print', exitCode: 0 });
    for (const flag of ['--config.file', '--config.check', '--web.listen-address', '--web.telemetry-path']) {
      expect(parsed).toHaveProperty('text', expect.stringContaining(`${flag} `));
    }
    for (const flag of ['--log.level', '--log.format', '--version', '--help']) {
      expect(parsed).toHaveProperty('text', expect.stringContaining(`${flag} `));
    }
  });

  it.each([['--help'], ['-h'], ['help']])('lists the commands in the help for %s', (...argv) => {
    const text = printed(argv, 0);
    for (const command of ['serve', 'check', 'demo', 'version', 'help']) expect(text).toMatch(`\n  ${command} `);
    expect(text).toContain('The\n           default command.');
  });

  it.each([
    ['--help'],
    ['serve', '--help'],
    ['check', '--help'],
    ['demo', '--help'],
  ])('says in the help for %s where the variables are documented', (...argv) => {
    expect(printed(argv, 0)).toMatch(/Environment variables .* are documented in\nhttps:.*\/docs\/configuration\.md\n/);
  });

  it('lists in the help of a command only the flags that it reads, and accepts the others', () => {
    expect(printed(['check', '--help'], 0)).toMatch(/--config\.file (.|\n)*--output /);
    expect(printed(['check', '--help'], 0)).toMatch(/\(CONFIG_FILE\)/);
    expect(printed(['check', '--help'], 0)).not.toMatch(/--(web|log)\./);
    expect(printed(['demo', '--help'], 0)).toMatch(/--web\.listen-address (.|\n)*--log\.level /);
    expect(printed(['demo', '--help'], 0)).not.toMatch(/--config\./);
    const flags = { 'log.level': 'warn' };
    expect(parseCommandLine(['check', '--log.level=warn'], '1.2.3')).toMatchObject({ command: 'check', flags });
  });

  it('accepts the name of a command as the value of a flag', () => {
    expect(flags('--config.file', 'check')).toEqual({ 'config.file': 'check' });
  });

  it('accepts a value that begins with - after =', () => {
    expect(flags('--config.file=--config.check')).toEqual({ 'config.file': '--config.check' });
  });

  it('does not repeat the value of an unknown flag', () => {
    expect(printed(['--password=hunter2'], 2)).not.toContain('hunter2');
  });

  it.each([
    [['--config.chek=x'], "unknown option '--config.chek'\n(Did you mean --config.check?)"],
    [['--log-level=debug'], '(Did you mean --log.level?)'],
    [['--log.level=debug', '--listen-address', ':1'], '(Did you mean --web.listen-address?)'],
    [['check', '--outptu=json'], '(Did you mean --output?)'],
    [['--hlep'], '(Did you mean --help?)'],
    [['--config.check=true'], "option '--config.check' takes no value"],
    [['--config.file', '--config.check'], "option '--config.file <PATH>' argument missing before '--config.check'"],
    [['--config.file', '-V'], "option '--config.file <PATH>' argument missing before '-V'"],
    [['--log.level', '--verbose=1'], "option '--log.level <LEVEL>' argument missing before '--verbose'"],
    [['--log.level=debug', 'check'], 'the command check must be the first argument'],
    [['chek'], "unknown command 'chek'\n(Did you mean check?)"],
    [['watch'], "unknown command 'watch'\n(Run 'zeebe-topology-exporter --help' for the commands.)"],
    [['check', '--xyz'], "unknown option '--xyz'\n(Run 'zeebe-topology-exporter check --help' for its flags.)"],
    [['--config.chek'], "unknown option '--config.chek'\n(Did you mean --config.check?)"],
    [['--config.file'], 'argument missing'],
    [['serve', 'more'], 'too many arguments'],
  ])('reports a usage error with exit code 2 for %s', (argv, text) => {
    expect(parseCommandLine(argv, '1.2.3')).toEqual({
      command: 'print',
      text: expect.stringContaining(text),
      exitCode: 2,
    });
  });
});

/** Configures a cluster beside a file without clusters. */
const env = { ZEEBE_REST_ADDRESS: 'http://zeebe' };

describe('the settings of the exporter', () => {
  it('have defaults', () => {
    expect(load({}).config).toMatchObject({
      web: { listenAddresses: [{ port: 10650 }], telemetryPath: '/metrics' },
      log: { level: 'info', format: 'json' },
    });
  });

  it('use the pretty log format on a terminal unless log.format is set', () => {
    expect(load({ isTerminal: true }).config.log.format).toBe('pretty');
    expect(load({ isTerminal: true, flags: flags('--log.format=json') }).config.log.format).toBe('json');
    expect(load({ env, isTerminal: true, file: 'log: { format: json }' }).config.log.format).toBe('json');
  });

  it('have the precedence flags, file, defaults', () => {
    const listen = 'listen_addresses: [":1", "[::1]:2"], telemetry_path: /zeebe';
    const file = `web: { ${listen}, allowed_hosts: [Exporter] }\nlog: { level: debug }`;
    expect(load({ env, file }).config).toMatchObject({
      web: {
        listenAddresses: [{ port: 1 }, { host: '::1', port: 2 }],
        telemetryPath: '/zeebe',
        allowedHosts: ['exporter'],
      },
      log: { level: 'debug' },
    });
    const given = flags('--web.listen-address=localhost:3', '--log.level=warn');
    expect(load({ env, file, flags: given }).config).toMatchObject({
      web: {
        listenAddresses: [{ host: 'localhost', port: 3 }],
        telemetryPath: '/zeebe',
        allowedHosts: ['exporter'],
      },
      log: { level: 'warn' },
    });
  });

  it('come from variables as well, which win over the file, and flags over them', () => {
    const given = {
      CONFIG_FILE: 'conf/exporter.yml',
      WEB_LISTEN_ADDRESS: 'localhost:1 [::1]:2',
      LOG_LEVEL: 'warn',
      LOG_FORMAT: 'logfmt',
    };
    const files = {
      'conf/exporter.yml': 'clusters: [{ name: one, address: "http://one" }]\nlog: { level: debug, format: json }',
      'other.yml': 'clusters: [{ name: other, address: "http://other" }]',
    };
    expect(load({ env: given, files }).config).toMatchObject({
      clusters: [{ name: 'one' }],
      web: { listenAddresses: [{ port: 1 }, { port: 2 }] },
      log: { level: 'warn', format: 'logfmt' },
    });
    const overriding = flags(
      '--config.file=other.yml',
      '--web.listen-address=:3',
      '--log.level=error',
      '--log.format=json',
    );
    expect(load({ env: given, files, flags: overriding }).config).toMatchObject({
      clusters: [{ name: 'other' }],
      web: { listenAddresses: [{ port: 3 }] },
      log: { level: 'error', format: 'json' },
    });
    expect(load({ env: { CONFIG_FILE: '', LOG_LEVEL: '' } }).config.log.level).toBe('info');
  });

  it('are read from the file that a variable names, without blocking the process', async () => {
    const inputs = { flags: {}, env: { CONFIG_FILE: 'exporter.yml' }, isTerminal: false };
    const readFile = async () => Buffer.from('clusters: [{ name: one, address: "http://one" }]');
    expect((await loadConfigFromFiles({ ...inputs, readFile })).config.clusters).toMatchObject([{ name: 'one' }]);
  });

  it('are named by variable in problems', () => {
    expect(complaints({ env: { WEB_LISTEN_ADDRESS: '10650', LOG_LEVEL: 'loud', CONFIG_FILE: 'none.yml' } })).toEqual([
      'none.yml: expected a readable file, found no such file or directory',
      'WEB_LISTEN_ADDRESS: expected addresses such as :10650, localhost:10650 or [::1]:10650, found ["10650"]',
      'LOG_LEVEL: expected one of debug, info, warn, error, found "loud"',
    ]);
  });

  it('are named by flag, or by file and line, in problems', () => {
    const file = 'log: { level: loud }\nweb:\n  telemetry_path: /probe';
    expect(complaints({ env, file, flags: flags('--web.listen-address=10650', '--log.format=') })).toEqual([
      '--web.listen-address: expected addresses such as :10650, localhost:10650 or [::1]:10650, found ["10650"]',
      'conf/exporter.yml:1: log.level: expected one of debug, info, warn, error, found "loud"',
      'conf/exporter.yml:3: web.telemetry_path: expected a path that the exporter does not serve itself (/ /-/healthy /-/ready /-/reload /api/v1/clusters /probe /sd), found "/probe"',
      '--log.format: expected one of json, logfmt, pretty, found ""',
    ]);
    expect(complaints({ env, file: 'log: { level: debug }', flags: flags('--log.level=loud') })).toEqual([
      '--log.level: expected one of debug, info, warn, error, found "loud"',
    ]);
  });
});
