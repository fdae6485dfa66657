import type { KubernetesFacts } from '../config/kubernetes-discovery-settings.ts';
import type { Problem } from '../config/problem.ts';
import type { KubernetesDiscovery } from '../config/provider-config.ts';
import { namedSource, type Source } from '../config/resolve.ts';
import { type Raw, showPlain } from '../config/setting.ts';
import { filled } from '../config/templates.ts';
import { omitUndefined } from '../omit-undefined.ts';
import type { DescribedCluster } from './cluster-reader.ts';
import {
  type Annotation,
  addressOf,
  annotationOf,
  placeOf,
  placeOfAnnotation,
  reportUnknownAnnotations,
  type Service,
} from './kubernetes-service.ts';
import { isMatch } from './pattern.ts';
import type { Permission } from './provider.ts';

/**
 * Describes the cluster behind a Service; returns undefined if something is wrong, which is reported. `credentials` are
 * those of the Secret that it names.
 */
export function describeService(
  service: Service,
  config: KubernetesDiscovery,
  credentials: Source | undefined,
  problems: Problem[],
): DescribedCluster | undefined {
  reportUnknownAnnotations(service, problems);
  reportEmptyName(service, problems);
  if (service.externalName !== undefined && !config.allowExternalNames) {
    const expected = 'another type, as discovery.kubernetes.allow_external_names is not set';
    problems.push({ place: placeOf(service, 'spec.type'), expected, found: 'ExternalName' });
    return undefined;
  }
  const profile = profileOf(service, config, problems);
  const labels = labelsOf(service, problems);
  const address = addressOf(service, problems);
  if (address === undefined) return undefined;
  const named = discoveredSource(service, config, address, labels);
  const { namespace, name } = service;
  return {
    sources: [...config.defaults, named, ...(profile ? [profile] : []), ...(credentials ? [credentials] : [])],
    named,
    folder: config.folder,
    meta: { provider: 'kubernetes', namespace, service: name },
    permission: permissionOf(service),
  };
}

function discoveredSource(
  service: Service,
  { clusterName }: KubernetesDiscovery,
  address: string,
  labels: Raw | undefined,
): Source {
  const { namespace, name } = service;
  const facts: KubernetesFacts = { namespace, name: annotationOf(service, 'name') ?? name };
  const given = new Map<string, Raw>([
    ['name', filled(clusterName, facts)],
    ['address', address],
    ...(labels === undefined ? [] : [['labels', labels] as const]),
  ]);
  const placeFrom = (annotation: Annotation, otherwise: string) =>
    annotationOf(service, annotation) === undefined
      ? placeOf(service, otherwise)
      : placeOfAnnotation(service, annotation);
  const places = {
    name: placeFrom('name', 'name'),
    address: placeFrom('path', 'address'),
    labels: placeOfAnnotation(service, 'labels'),
  };
  return namedSource(given, new Map(Object.entries(places)));
}

/** Returns what the configuration must allow for the cluster behind a Service. */
export function permissionOf(service: Service): Permission {
  return {
    namespace: service.namespace,
    hasExternalName: service.externalName !== undefined,
    ...omitUndefined({ profile: annotationOf(service, 'profile') }),
  };
}

export function isAllowed({ namespace, profile, hasExternalName }: Permission, config: KubernetesDiscovery): boolean {
  return (
    (config.namespaces?.includes(namespace) ?? true) &&
    (!hasExternalName || config.allowExternalNames) &&
    (profile === undefined || usableIn(namespace, config).has(profile))
  );
}

/** Returns the profiles that the Services of a namespace may use. */
function usableIn(namespace: string, { profiles }: KubernetesDiscovery): KubernetesDiscovery['profiles'] {
  return new Map([...profiles].filter(([, { namespaces }]) => namespaces.some((each) => isMatch(namespace, each))));
}

function profileOf(service: Service, config: KubernetesDiscovery, problems: Problem[]): Source | undefined {
  const name = annotationOf(service, 'profile');
  if (name === undefined) return undefined;
  const profiles = usableIn(service.namespace, config);
  const profile = profiles.get(name);
  if (profile) return profile.cluster;
  const expected =
    profiles.size === 0
      ? `no profile, as discovery.kubernetes.profiles has none for the namespace ${service.namespace}`
      : `a profile of discovery.kubernetes.profiles for the namespace ${service.namespace}: ${[...profiles.keys()].join(', ')}`;
  problems.push({ place: placeOfAnnotation(service, 'profile'), expected, found: showPlain(name) });
  return undefined;
}

function reportEmptyName(service: Service, problems: Problem[]): void {
  const name = annotationOf(service, 'name');
  if (name === undefined || name.trim() !== '') return;
  const expected = 'a name, or no such annotation';
  problems.push({ place: placeOfAnnotation(service, 'name'), expected, found: showPlain(name) });
}

/** Returns the labels of the form `team=orders,stage=production`. */
function labelsOf(service: Service, problems: Problem[]): Raw | undefined {
  const text = annotationOf(service, 'labels');
  if (text === undefined) return undefined;
  const pairs = text.split(',').map((pair) => {
    const [name = '', ...value] = pair.trim().split('=');
    return [name, value.join('=')] as const;
  });
  const hasEach = pairs.every(([name, value]) => name !== '' && value !== '');
  if (hasEach && new Map(pairs).size === pairs.length) return pairs;
  const expected = hasEach ? 'each label once' : 'labels of the form name=value, separated by commas';
  problems.push({ place: placeOfAnnotation(service, 'labels'), expected, found: showPlain(text) });
  return undefined;
}
