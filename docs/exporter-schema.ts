import { writeFileSync } from 'node:fs';
import { closed, type Schema } from '../helm/json-schema.ts';
import { inFile, mapping } from '../helm/settings-schema.ts';
import { maxClusters } from '../src/config/config-file.ts';
import { discoveredClusterTable, filesDiscoveryTable, saasMappingTable } from '../src/config/discovery-settings.ts';
import { kubernetesDiscoveryTable, profileMappingTable } from '../src/config/kubernetes-discovery-settings.ts';
import { polling } from '../src/config/polling-settings.ts';
import { clusterTable, topTable } from '../src/config/settings-table.ts';

/** A Prometheus duration with each unit at most once, the largest first, as the exporter requires it, or the number 0. */
const duration: Schema = {
  type: ['string', 'integer'],
  pattern: '^(0|([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$',
  minLength: 1,
  minimum: 0,
  maximum: 0,
};

const ofFile = (key: string): Schema | undefined =>
  key in polling || key === 'refresh_interval' ? duration : undefined;

/** Returns the content of docs/exporter.schema.json. */
export function exporterSchema(): Schema {
  const cluster: Schema = {
    ...mapping(inFile(clusterTable), ofFile),
    required: ['name', 'address'],
    not: { required: ['basic_auth', 'oauth2'] },
  };
  const top = mapping(inFile(topTable), ofFile);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration file of zeebe-topology-exporter',
    ...closed({
      ...top.properties,
      clusters: {
        type: 'array',
        items: cluster,
        minItems: 1,
        maxItems: maxClusters,
        description: 'The clusters to monitor. Without this key and discovery, the environment describes one cluster.',
      },
      discovery: discoverySchema(),
    }),
    patternProperties: { '^x-': { description: 'Ignored. Holds values that YAML aliases repeat.' } },
  };
}

function kubernetesSchema(): Schema {
  const kubernetes = mapping(kubernetesDiscoveryTable, ofFile);
  const profile = { ...mapping(inFile(profileMappingTable), ofFile), required: ['namespaces'] };
  return {
    ...kubernetes,
    properties: {
      ...kubernetes.properties,
      profiles: {
        type: 'object',
        additionalProperties: profile,
        description: 'Settings of clusters that Services refer to by the annotation zeebe-topology-exporter/profile.',
      },
    },
    description: 'The clusters behind Services of Kubernetes.',
  };
}

function discoverySchema(): Schema {
  const files = mapping(filesDiscoveryTable, ofFile);
  const saas = mapping(saasMappingTable, ofFile);
  const cluster = mapping(inFile(discoveredClusterTable), ofFile);
  return {
    ...closed({
      files: { ...files, required: ['paths'], description: 'Clusters in files.' },
      saas: {
        ...saas,
        properties: {
          ...saas.properties,
          cluster: { ...cluster, description: 'Settings of the discovered clusters.' },
        },
        required: ['oauth2'],
        description: 'The clusters of an organization in Camunda SaaS.',
      },
      kubernetes: kubernetesSchema(),
    }),
    minProperties: 1,
    description: 'Where to discover clusters (docs/discovery.md).',
  };
}

export const exporterSchemaText = (): string => `${JSON.stringify(exporterSchema(), undefined, 2)}\n`;

if (import.meta.filename === process.argv[1]) {
  writeFileSync(new URL('exporter.schema.json', import.meta.url), exporterSchemaText());
}
