import { maxClusters } from '../config/config-file.ts';
import type { SaasFacts } from '../config/discovery-settings.ts';
import { isSaasName } from '../config/formats.ts';
import type { Json } from '../json.ts';
import { Malformed, type Masked, object, text } from '../json-reader.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { type SaasComponent, type SaasStatus, saasComponents, saasStatuses } from './component-status.ts';

/** A cluster in the answer of the Administration API. */
export interface SaasCluster {
  /** Empty where the answer has none. The region is that in addresses, such as `bru-2`. */
  readonly facts: SaasFacts;
  /** The region as the Console shows it, such as `Belgium, Europe (europe-west1)`. */
  readonly regionName: string;
  /** Of those components for which the answer has a status. */
  readonly statuses: ReadonlyMap<SaasComponent, SaasStatus>;
}

/** A cluster in the answer of which something cannot be read. */
export interface UnreadableCluster {
  /** Absent if it is that which cannot be read. */
  readonly id?: string;
  /** Names the place, what was expected there and what was found; redacted, one line. */
  readonly problem: string;
}

export type SaasEntry = SaasCluster | UnreadableCluster;

export function isReadable(entry: SaasEntry): entry is SaasCluster {
  return 'facts' in entry;
}

export type ParsedClusters =
  | { readonly ok: true; readonly entries: readonly SaasEntry[] }
  /** `problem` says what was expected, what was found and what to do. */
  | { readonly ok: false; readonly problem: string };

/** What to do if something else than the Administration API answers. */
export const checkAddress = 'check the host and the path in discovery.saas.address';

/** Reads the body of `GET /clusters`. Ignores unknown fields; an unknown status becomes `unknown`. */
export function parseClusters(body: string, masked: Masked): ParsedClusters {
  try {
    const document: unknown = JSON.parse(body);
    if (!Array.isArray(document)) {
      return { ok: false, problem: `expected a list of clusters, got another JSON value; ${checkAddress}` };
    }
    if (document.length > maxClusters) {
      const found = `expected at most ${maxClusters} clusters, got ${document.length}`;
      return { ok: false, problem: `${found}; list those to poll in files instead (discovery.files)` };
    }
    return { ok: true, entries: document.map((value, index) => readEntry(value, `[${index}]`, masked)) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { ok: false, problem: `expected a JSON document, got text that is not JSON; ${checkAddress}` };
  }
}

function readEntry(value: unknown, place: string, masked: Masked): SaasEntry {
  let id: string | undefined;
  try {
    const cluster = object(value, place);
    id = readId(cluster, place);
    return readCluster(cluster, id, place);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { ...omitUndefined({ id }), problem: error.problem(masked) };
  }
}

function readId(cluster: Json, place: string): string {
  const id = text(cluster, 'uuid', place);
  if (!isSaasName(id)) throw new Malformed(`${place}.uuid: expected letters, digits and hyphens`);
  return id;
}

function readCluster(cluster: Json, id: string, place: string): SaasCluster {
  const named = (key: string) => text(part(cluster, key, place), 'name', `${place}.${key}`);
  const facts = {
    id,
    name: text(cluster, 'name', place),
    region: regionIn(text(part(cluster, 'links', place), 'zeebe', `${place}.links`), id),
    plan: named('planType'),
    channel: named('channel'),
    generation: named('generation'),
  };
  return {
    facts,
    regionName: named('region'),
    statuses: readStatuses(part(cluster, 'status', place), `${place}.status`),
  };
}

function part(parent: Json, key: string, place: string): Json {
  return object(parent[key] ?? {}, `${place}.${key}`);
}

/** The link is `<id>.<region>.zeebe.camunda.io`; it is absent while a cluster is being created. */
function regionIn(link: string, id: string): string {
  const [, begin, region = ''] = /^(?:https?:\/\/)?([\w-]+)\.([\w-]+)\.zeebe\.[\w.-]+(?::\d+)?\/?$/.exec(link) ?? [];
  return begin === id ? region : '';
}

const keyOf: Readonly<Record<SaasComponent, string>> = {
  cluster: 'ready',
  zeebe: 'zeebeStatus',
  operate: 'operateStatus',
  tasklist: 'tasklistStatus',
  optimize: 'optimizeStatus',
};

function readStatuses(status: Json, place: string): SaasCluster['statuses'] {
  return new Map(
    saasComponents.flatMap((component) => {
      const word = text(status, keyOf[component], place).toLowerCase();
      const known = saasStatuses.find((candidate) => candidate === word);
      return word === '' ? [] : [[component, known ?? 'unknown'] as const];
    }),
  );
}
