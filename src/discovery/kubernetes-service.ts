import type { Problem } from '../config/problem.ts';
import { showPlain } from '../config/setting.ts';
import type { Json } from '../json.ts';
import { integer, list, Malformed, object, text } from '../json-reader.ts';
import { nearestName } from '../nearest-name.ts';

const prefix = 'zeebe-topology-exporter/';
const annotations = ['name', 'scheme', 'port', 'path', 'labels', 'profile', 'secret'] as const;
export type Annotation = (typeof annotations)[number];

/** What the exporter reads of a Service of Kubernetes. */
export interface Service {
  readonly namespace: string;
  readonly name: string;
  /** Of a Service of the type ExternalName. */
  readonly externalName?: string;
  readonly isHeadless: boolean;
  readonly ports: readonly ServicePort[];
  /** Those of the exporter, without their prefix; also unknown ones. */
  readonly annotations: Readonly<Record<string, string>>;
}

interface ServicePort {
  readonly name: string;
  readonly port: number;
  /** The port of the pods; absent if it has a name. */
  readonly targetPort?: number;
}

/** Reads a Service of the API. Throws `Malformed` if it is none. */
export function toService(value: unknown): Service {
  const metadata = object(object(value, 'Service').metadata, 'Service: metadata');
  const id = { namespace: text(metadata, 'namespace', 'metadata'), name: text(metadata, 'name', 'metadata') };
  const spec = object(object(value, 'Service').spec ?? {}, placeOf(id, 'spec'));
  const isExternal = spec.type === 'ExternalName';
  return {
    ...id,
    ...(isExternal && { externalName: text(spec, 'externalName', placeOf(id, 'spec')) }),
    isHeadless: spec.clusterIP === 'None',
    ports: list(spec, 'ports', placeOf(id, 'spec.')).map((port) => readPort(port, placeOf(id, 'spec.ports'))),
    annotations: ownAnnotations(object(metadata.annotations ?? {}, placeOf(id, 'metadata.annotations'))),
  };
}

function readPort(value: unknown, place: string): ServicePort {
  const port = object(value, place);
  const number = integer(port, 'port', place);
  if (number === undefined) throw new Malformed(`${place}: expected a port, got nothing`);
  const { targetPort } = port;
  return { name: text(port, 'name', place), port: number, ...(typeof targetPort === 'number' && { targetPort }) };
}

function ownAnnotations(all: Json): Readonly<Record<string, string>> {
  const own = Object.entries(all).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), String(value)]));
}

/** Identifies a Service among all of them. */
export function idOf({ namespace, name }: Pick<Service, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}

/** Returns the place of a field for messages: `Service orders/zeebe: spec.type`. */
export function placeOf(service: Pick<Service, 'namespace' | 'name'>, field: string): string {
  return `Service ${idOf(service)}: ${field}`;
}

export function placeOfAnnotation(service: Service, annotation: Annotation): string {
  return placeOf(service, `${prefix}${annotation}`);
}

export function annotationOf(service: Service, annotation: Annotation): string | undefined {
  return service.annotations[annotation];
}

export function reportUnknownAnnotations(service: Service, problems: Problem[]): void {
  const known: readonly string[] = annotations;
  for (const name of Object.keys(service.annotations).filter((each) => !known.includes(each))) {
    const nearest = nearestName(name, known);
    problems.push({
      place: placeOf(service, `${prefix}${name}`),
      expected: `one of ${known.map((each) => `${prefix}${each}`).join(', ')}`,
      found: `an unknown annotation${nearest === undefined ? '' : ` (did you mean ${prefix}${nearest}?)`}`,
    });
  }
}

/** Returns the address of the REST API behind a Service; undefined if something is wrong, which is reported. */
export function addressOf(service: Service, problems: Problem[]): string | undefined {
  const { namespace, name, externalName } = service;
  const scheme = annotationOf(service, 'scheme') ?? 'http';
  if (scheme !== 'http' && scheme !== 'https') {
    problems.push({ place: placeOfAnnotation(service, 'scheme'), expected: 'http or https', found: showPlain(scheme) });
  }
  const port = portOf(service);
  if ('expected' in port) {
    problems.push({ place: placeOfAnnotation(service, 'port'), ...port });
    return undefined;
  }
  const host = externalName ?? `${name}.${namespace}.svc`;
  const path = (annotationOf(service, 'path') ?? '').replace(/^\/+/, '');
  return `${scheme}://${host}${port.number === undefined ? '' : `:${port.number}`}/${path}`;
}

/** A Service with an external name needs no port: that of the scheme is used. */
type ChosenPort = { readonly number?: number } | Omit<Problem, 'place'>;

function portOf(service: Service): ChosenPort {
  const { ports, externalName } = service;
  const given = annotationOf(service, 'port');
  if (given !== undefined) return givenPort(given, service);
  if (ports.length === 0 && externalName !== undefined) return {};
  const named = ports.find(({ name }) => name === 'http') ?? ports.find(({ name }) => name === 'rest');
  const port = named ?? (ports.length === 1 ? ports[0] : ports.find((each) => each.port === defaultPort));
  if (port) return { number: reachable(port, service) };
  return { expected: `the name or number of a port: ${listed(ports)}`, found: 'nothing' };
}

/** Of Camunda's REST API. */
const defaultPort = 8080;

/** The pods of a headless Service, and an external host, may have more ports than the Service. */
function givenPort(given: string, service: Service): ChosenPort {
  const { ports, externalName, isHeadless } = service;
  const number = /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN;
  const port = ports.find((each) => each.name === given || each.port === number);
  if (port) return { number: reachable(port, service) };
  const isFree = isHeadless || externalName !== undefined;
  if (isFree && number >= 1 && number <= 65_535) return { number };
  const others = isFree ? ', or another number' : '';
  return { expected: `the name or number of a port: ${listed(ports)}${others}`, found: showPlain(given) };
}

/** The name of a headless Service resolves to the pods, whose port may be another one. */
function reachable({ port, targetPort = port }: ServicePort, { isHeadless }: Service): number {
  return isHeadless ? targetPort : port;
}

function listed(ports: readonly ServicePort[]): string {
  if (ports.length === 0) return 'the Service has none';
  return ports.map(({ name, port }) => (name === '' ? `${port}` : `${name} (${port})`)).join(', ');
}
