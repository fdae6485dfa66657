import { describe, expect, it } from 'vitest';
import { configSummary } from '../../src/config-summary.ts';
import { complaints, load } from './loading.ts';

const fileOf = (settings: string) => `discovery: { kubernetes: ${settings} }`;

describe('the settings of discovery.kubernetes', () => {
  it('may all be left out', () => {
    const { config } = load({ file: fileOf('{}') });
    expect(config.discovery?.kubernetes).toEqual({
      labelSelector: 'zeebe-topology-exporter/monitor=true',
      interval: 60_000,
      clusterName: '{namespace}/{name}',
      allowExternalNames: false,
      profiles: new Map(),
      folder: 'conf',
      defaults: expect.any(Array),
    });
  });

  it('are summarized by --config.check, without secrets', () => {
    const profile = 'a: { namespaces: ["*"], basic_auth: { username: u, password: OPENSESAME } }';
    const file = fileOf(`{ namespaces: [orders, billing], profiles: { ${profile}, b: { namespaces: [c] } } }`);
    const { clusters, config } = load({ file });
    expect(configSummary(clusters, config)).toBe(`\
The configuration is valid.

discovery
  kubernetes: Services with zeebe-topology-exporter/monitor=true in orders, billing; profiles: a, b
`);
    expect(configSummary([], load({ file: fileOf('{}') }).config)).toContain('=true in all namespaces\n');
  });

  it.each([
    ['[]', 'discovery.kubernetes: expected a mapping, found an empty list'],
    ['{ namespace: [a] }', 'discovery.kubernetes.namespace: expected one of namespaces, label_selector,'],
    ['{ namespaces: [] }', 'namespaces: expected at least one name of a namespace'],
    ['{ namespaces: [a/b] }', 'namespaces: expected at least one name of a namespace'],
    ['{ label_selector: "" }', 'label_selector: expected text without control characters, not empty'],
    ['{ refresh_interval: 0s }', 'refresh_interval: expected a duration from 1s to 24h'],
    ['{ cluster_name: "{namespace}" }', 'cluster_name: expected a template with {name} in it'],
    ['{ cluster_name: "{name}{pod}" }', 'expected text with no other braces than those of {namespace}, {name}'],
    ['{ profiles: [] }', 'discovery.kubernetes.profiles: expected a mapping, found an empty list'],
    ['{ profiles: { a: 1 } }', 'discovery.kubernetes.profiles.a: expected a mapping, found a number'],
    ['{ profiles: { a: {} } }', 'discovery.kubernetes.profiles.a.namespaces: expected a value, found nothing'],
    ['{ profiles: { a: { namespaces: [] } } }', 'profiles.a.namespaces: expected at least one pattern'],
    ['{ profiles: { a: { namespaces: [b], address: c } } }', 'profiles.a.address: expected one of namespaces, labels,'],
    [
      '{ profiles: { a: { namespaces: [b], api_version: v3 } } }',
      'profiles.a.api_version: expected one of v1, v2, auto',
    ],
  ])('%s are an error', (settings, expected) => {
    expect(complaints({ file: fileOf(settings) }).join('\n')).toContain(expected);
  });
});
