import { createHash } from 'node:crypto';
import { createYielder } from '../clock.ts';
import { maxClusters } from '../config/config-file.ts';
import { createFileReader, type ReadFileAsync } from '../config/file-reader.ts';
import type { Problem } from '../config/problem.ts';
import type { KubernetesDiscovery } from '../config/provider-config.ts';
import type { Source } from '../config/resolve.ts';
import { showPlain } from '../config/setting.ts';
import { Malformed } from '../json-reader.ts';
import type { SecretReading, Services, ServicesOfNamespace } from '../kubernetes/services.ts';
import { isStillKnown, type KnownList, readClusters } from './cluster-reader.ts';
import { describeService, isAllowed, permissionOf } from './kubernetes-cluster.ts';
import { credentialsIn, isSecretName } from './kubernetes-secret.ts';
import { annotationOf, idOf, placeOfAnnotation, type Service, toService } from './kubernetes-service.ts';
import type { ClusterList, Discovered } from './provider.ts';

/** A Service, and the list that was read from it. */
interface KnownService extends KnownList {
  /** The Service as JSON, without its Secret. */
  readonly facts: string;
}

type KnownServices = ReadonlyMap<string, KnownService>;

/** Secrets that are requested at the same time. */
const batchSize = 20;

/**
 * Returns a function that reads the clusters behind Services. Each Service is a list of its own: a problem with one
 * does not concern the others. Secrets of unchanged Services are read again only if `isRefresh` is set. A namespace
 * that cannot be listed is a list, too, which hides those of its Services.
 */
export function createKubernetesLists(
  config: KubernetesDiscovery,
): (services: Services, isRefresh: boolean, signal: AbortSignal) => Promise<Discovered> {
  const readFile = createFileReader();
  let known: KnownServices = new Map();
  return async (services, isRefresh, signal) => {
    const failures = services.found.filter((each) => !each.ok);
    if (failures.length === services.found.length) return { ok: false, problems: failures.map(problemOf) };
    const listed = servicesIn(services);
    if ('problem' in listed) return { ok: false, problems: [listed.problem] };
    known = await readServices(listed.services, { config, known, isRefresh, readFile, services }, signal);
    const lists = [...[...known.values()].map(({ list }) => list), ...failures.map(listOf)];
    return { ok: true, lists: lists.sort((one, other) => (one.source < other.source ? -1 : 1)) };
  };
}

type UnlistedNamespace = Extract<ServicesOfNamespace, { readonly ok: false }>;

function problemOf({ namespace, problem }: UnlistedNamespace): string {
  return `Services in ${namespace === undefined ? 'all namespaces' : `the namespace ${namespace}`}: ${problem}`;
}

/** A list without clusters, which takes the place of those of the namespace in the order of the sources. */
function listOf(failure: UnlistedNamespace): ClusterList {
  const source = `${failure.namespace}/`;
  return { source, clusters: [], problems: [problemOf(failure)], hides: (other) => other.startsWith(source) };
}

function servicesIn({ found }: Services): { readonly services: readonly Service[] } | { readonly problem: string } {
  const listed = found.flatMap((each) => (each.ok ? each.current() : []));
  if (listed.length > maxClusters) {
    const expected = `expected one that selects at most ${maxClusters} Services, found ${listed.length}`;
    return { problem: `discovery.kubernetes.label_selector: ${expected}` };
  }
  try {
    return { services: listed.map(toService) };
  } catch (error) {
    if (error instanceof Malformed) return { problem: error.problem((shown) => shown) };
    throw error;
  }
}

interface ReadOptions {
  readonly config: KubernetesDiscovery;
  readonly known: KnownServices;
  readonly isRefresh: boolean;
  readonly readFile: ReadFileAsync;
  readonly services: Pick<Services, 'readSecret'>;
}

async function readServices(
  listed: readonly Service[],
  options: ReadOptions,
  signal: AbortSignal,
): Promise<KnownServices> {
  const yieldWhenBusy = createYielder();
  const read = new Map<string, KnownService>();
  for (let begin = 0; begin < listed.length && !signal.aborted; begin += batchSize) {
    const batch = listed.slice(begin, begin + batchSize);
    const results = await Promise.all(batch.map((service) => readService(service, options, signal)));
    for (const [index, service] of batch.entries()) {
      const result = results[index];
      if (result) read.set(idOf(service), result);
    }
    await yieldWhenBusy();
  }
  return read;
}

async function readService(
  service: Service,
  { config, known, isRefresh, readFile, services }: ReadOptions,
  signal: AbortSignal,
): Promise<KnownService> {
  const before = known.get(idOf(service));
  const facts = JSON.stringify(service);
  if (!isRefresh && before?.facts === facts && isStillKnown(before, before.digest)) return before;
  const secret = await secretOf(service, services, signal);
  const digest = createHash('sha256')
    .update(JSON.stringify([facts, secret]))
    .digest('base64');
  if (isStillKnown(before, digest)) return before;
  const list = await readList(service, secret, { config, readFile });
  return { facts, digest, list };
}

interface NamedSecret {
  readonly name: string;
  readonly reading: SecretReading;
}

/** Reads the Secret that a Service names, which is always one of its own namespace. */
async function secretOf(
  service: Service,
  { readSecret }: Pick<Services, 'readSecret'>,
  signal: AbortSignal,
): Promise<NamedSecret | undefined> {
  const name = annotationOf(service, 'secret');
  if (name === undefined) return undefined;
  if (!isSecretName(name)) return { name, reading: { ok: false, problem: 'a name that no Secret can have' } };
  return { name, reading: await readSecret(service.namespace, name, signal) };
}

async function readList(
  service: Service,
  secret: NamedSecret | undefined,
  { config, readFile }: Pick<ReadOptions, 'config' | 'readFile'>,
): Promise<ClusterList> {
  const problems: Problem[] = [];
  const credentials = secret && credentialsOf(service, secret, problems);
  const described = describeService(service, config, credentials, problems);
  // Another source, so that the previous settings do not stay in use: a profile may have been taken from the namespace.
  const source = isAllowed(permissionOf(service), config) ? idOf(service) : `${idOf(service)} (refused)`;
  return { source, ...(await readClusters(described ? [described] : [], problems, readFile)) };
}

function credentialsOf(service: Service, { name, reading }: NamedSecret, problems: Problem[]): Source | undefined {
  if (reading.ok) return credentialsIn(reading.data, `Secret ${service.namespace}/${name}`, problems);
  const expected = 'the name of a Secret in the namespace of the Service, which the exporter may read';
  problems.push({
    place: placeOfAnnotation(service, 'secret'),
    expected,
    found: `${showPlain(name)}: ${reading.problem}`,
  });
  return undefined;
}
