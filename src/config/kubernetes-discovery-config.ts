import { omitUndefined } from '../omit-undefined.ts';
import { isMapping, type Reading, readMappingValue } from './config-file.ts';
import { discoveredClusterTable } from './discovery-settings.ts';
import { kubernetesDiscoveryTable, profileMappingTable, profileTable } from './kubernetes-discovery-settings.ts';
import type { Problem } from './problem.ts';
import type { DiscoveryOfProvider, KubernetesDiscovery, KubernetesProfile } from './provider-config.ts';
import { only, resolve, settingsOf } from './resolve.ts';
import type { Yaml } from './yaml.ts';

/** Reads the value of `discovery.kubernetes`, and reports all problems. */
export function describeKubernetes(
  value: unknown,
  yaml: Yaml,
  { defaults, folder }: Omit<DiscoveryOfProvider, 'interval'>,
  problems: Problem[],
): KubernetesDiscovery | undefined {
  const root = ['discovery', 'kubernetes'];
  const { profiles, ...others } = isMapping(value) ? value : {};
  const reading = { yaml, root, table: kubernetesDiscoveryTable, alsoKnown: ['profiles'], problems };
  const source = readMappingValue(isMapping(value) ? others : value, reading);
  if (!source) return undefined;
  const settings = settingsOf(
    kubernetesDiscoveryTable,
    resolve(kubernetesDiscoveryTable, [source], problems),
    problems,
  );
  return {
    interval: settings.value('refresh_interval'),
    folder,
    defaults,
    labelSelector: settings.value('label_selector'),
    clusterName: settings.value('cluster_name'),
    allowExternalNames: settings.value('allow_external_names'),
    ...omitUndefined({ namespaces: settings.value('namespaces') }),
    profiles: describeProfiles(profiles, { yaml, root: [...root, 'profiles'], problems }),
  };
}

function describeProfiles(
  value: unknown,
  list: Pick<Reading, 'yaml' | 'root' | 'problems'>,
): KubernetesDiscovery['profiles'] {
  if (value === undefined) return new Map();
  if (!isMapping(value)) {
    readMappingValue(value, { ...list, table: {}, alsoKnown: [] });
    return new Map();
  }
  const { root, problems } = list;
  return new Map(
    Object.entries(value).flatMap(([name, profile]) => {
      const reading = { ...list, root: [...root, name], table: profileMappingTable, alsoKnown: [] };
      const described = describeProfile(profile, reading, problems);
      return described ? [[name, described] as const] : [];
    }),
  );
}

/** The settings of the cluster are validated here, too, so that an error does not wait for the first Service. */
function describeProfile(value: unknown, reading: Reading, problems: Problem[]): KubernetesProfile | undefined {
  const source = readMappingValue(value, reading);
  if (!source) return undefined;
  const isOfProfile = (path: string) => path in profileTable;
  const own = settingsOf(profileTable, resolve(profileTable, [only(source, isOfProfile)], problems), problems);
  const cluster = only(source, (path) => !isOfProfile(path));
  resolve(discoveredClusterTable, [cluster], problems);
  return { namespaces: own.required('namespaces') ?? [], cluster };
}
