import type { KubernetesFacts } from '../config/kubernetes-discovery-settings.ts';
import type { Problem } from '../config/problem.ts';
import type { KubernetesDiscovery } from '../config/provider-config.ts';
import { namedSource, type Source } from '../config/resolve.ts';
import { type Raw, showPlain } from '../config/setting.ts';
import { filled } from '../config/templates.ts';
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

/** Whether the configuration does not allow what the Service asks for. */
export function isRefused(service: Service, config: KubernetesDiscovery): boolean {
  const profile = annotationOf(service, 'profile');
  const isExternal = service.externalName !== undefined;
  return (isExternal && !config.allowExternalNames) || (profile !== undefined && !usable(service, config).has(profile));
}

/** Returns the profiles that the namespace of the Service may use. */
function usable({ namespace }: Service, { profiles }: KubernetesDiscovery): KubernetesDiscovery['profiles'] {
  return new Map([...profiles].filter(([, { namespaces }]) => namespaces.some((each) => isMatch(namespace, each))));
}

function profileOf(service: Service, config: KubernetesDiscovery, problems: Problem[]): Source | undefined {
  const name = annotationOf(service, 'profile');
  if (name === undefined) return undefined;
  const profiles = usable(service, config);
  const profile = profiles.get(name);
  if (profile) return profile.cluster;
  const expected =
    profiles.size === 0
      ? `no profile, as discovery.kubernetes.profiles has none for the namespace ${service.namespace}`
      : `a profile of discovery.kubernetes.profiles for the namespace ${service.namespace}: ${[...profiles.keys()].join(', ')}`;
  problems.push({ place: placeOfAnnotation(service, 'profile'), expected, found: showPlain(name) });
  return undefined;
}

/** Returns the labels of the form `team=orders,stage=production`. */
function labelsOf(service: Service, problems: Problem[]): Raw | undefined {
  const text = annotationOf(service, 'labels');
  if (text === undefined) return undefined;
  const pairs = text.split(',').map((pair) => {
    const [name = '', ...value] = pair.trim().split('=');
    return [name, value.join('=')] as const;
  });
  if (pairs.every(([name, value]) => name !== '' && value !== '')) return pairs;
  const expected = 'labels of the form name=value, separated by commas';
  problems.push({ place: placeOfAnnotation(service, 'labels'), expected, found: showPlain(text) });
  return undefined;
}
