import { discoveredClusterTable, patterns } from './discovery-settings.ts';
import { clusterName, discoveryInterval, singleLineText } from './formats.ts';
import { boolean, list, type Table, text } from './setting.ts';
import { filled, placeholders, template } from './templates.ts';

/** The facts of a Service that the template for names may contain. */
const kubernetesFacts = ['namespace', 'name'] as const;
export type KubernetesFacts = Readonly<Record<(typeof kubernetesFacts)[number], string>>;

function nameTemplate(raw: string): string {
  if (!raw.includes('{name}')) throw new Error('a template with {name} in it');
  const example: KubernetesFacts = { namespace: 'namespace', name: 'name' };
  clusterName(filled(template(raw, kubernetesFacts), example));
  return raw;
}

/** RFC 1123, as Kubernetes requires it of a namespace. */
function namespaces(raw: readonly string[]): readonly string[] {
  if (raw.length === 0 || !raw.every((name) => /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/.test(name))) {
    throw new Error('at least one name of a namespace (lower-case letters, digits and hyphens)');
  }
  return [...new Set(raw)];
}

/** `discovery.kubernetes` in the file, without its profiles. */
export const kubernetesDiscoveryTable = {
  namespaces: list({
    doc: 'The namespaces whose Services are discovered. Default: all.',
    format: namespaces,
  }),
  label_selector: text({
    doc: 'Which Services are clusters, as a label selector of Kubernetes.',
    default: 'zeebe-topology-exporter/monitor=true',
    format: singleLineText,
  }),
  refresh_interval: text({
    doc: 'The interval at which all Services are listed again and Secrets are read again, from 1s to 24h. Changes of Services are noticed at once, by a watch.',
    default: '1m',
    format: discoveryInterval,
  }),
  cluster_name: text({
    doc: `The template for the name of a cluster. Placeholders: ${placeholders(kubernetesFacts)} (of the Service, or its annotation name). Without {namespace}, a Service may take the name of one in another namespace.`,
    default: '{namespace}/{name}',
    format: nameTemplate,
  }),
  allow_external_names: boolean({
    doc: 'Also discover Services of the type ExternalName. They can lead to any host, inside and outside of the Kubernetes cluster.',
    default: false,
    format: (raw) => raw,
  }),
} satisfies Table;

/** The setting of a profile that is not one of a cluster. */
export const profileTable = {
  namespaces: list({
    doc: 'The namespaces whose Services may use the profile, as patterns in which * stands for any characters. The exporter sends the credentials to where such a Service leads.',
    format: patterns,
  }),
} satisfies Table;

/** All keys of a profile. */
export const profileMappingTable: Table = { ...profileTable, ...discoveredClusterTable };
