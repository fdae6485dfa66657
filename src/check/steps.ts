import type { Clock } from '../clock.ts';
import type { EffectiveSetting } from '../config/effective-settings.ts';
import type { Verdict } from '../zeebe/verdict.ts';
import type { RequestToken } from './token-requests.ts';

/** What a run of checks has in common. */
export interface RunContext {
  readonly clock: Clock;
  /** Ends the check; nothing is written after that. */
  readonly signal: AbortSignal;
}

/** What the steps of a check run with. */
export interface CheckContext extends RunContext {
  readonly requestToken: RequestToken;
}

/** One or two sentences each, for readers who may not know the protocol. */
export interface Diagnosis {
  readonly problem: string;
  /** Names the setting. */
  readonly change: string;
}

/** The facts that each step reports, in the order of the steps. Names and types are those of the JSON output. */
interface FactsOf {
  readonly settings: { readonly settings: readonly EffectiveSetting[] };
  readonly cluster_connection: ConnectionFacts;
  readonly cluster_tls: TlsFacts;
  readonly token_connection: ConnectionFacts;
  readonly token_tls: TlsFacts;
  readonly token_request: TokenRequestFacts;
  readonly token: TokenFacts;
  readonly topology: TopologyFacts;
  readonly verdict: VerdictFacts;
}

export interface ConnectionFacts {
  readonly host: string;
  readonly port: number;
  /** All addresses of the name. */
  readonly addresses: readonly string[];
  /** The one that was connected to. */
  readonly address: string;
}

export interface TlsFacts {
  /** `TLSv1.3`. */
  readonly protocol: string;
  readonly subject: string;
  readonly issuer: string;
  /** ISO 8601, UTC; absent if the certificate has no date that can be read. */
  readonly expires?: string;
  readonly days_left?: number;
  /** False if `insecure_skip_verify` is set. */
  readonly verified: boolean;
}

export interface TokenRequestFacts {
  /** That of the token endpoint, or of the issuer whose discovery document names it. */
  readonly url: string;
}

/** Of an opaque token, at most the lifetime is known. */
export interface TokenFacts {
  readonly opaque: boolean;
  readonly audiences?: readonly string[];
  readonly scopes?: readonly string[];
  readonly client?: string;
  readonly issuer?: string;
  readonly lifetime_seconds?: number;
  /** How far this machine's clock is ahead of the one that dated the token; negative: behind. */
  readonly clock_difference_seconds?: number;
}

export interface TopologyFacts {
  readonly url: string;
  readonly brokers: number;
  readonly cluster_size?: number;
  readonly physical_tenants?: number;
  /** Of all physical tenants that the response contains. */
  readonly partitions?: number;
  readonly replication_factor?: number;
  readonly gateway_version?: string;
  readonly cluster_id?: string;
  /** Set if the request had a token, which a check always obtains anew. */
  readonly new_token?: true;
  /** Set if the response is about the physical tenant `default` alone, and says nothing of others. */
  readonly only_default_tenant?: true;
}

export interface VerdictFacts {
  readonly verdict: Verdict;
  /** The reasons, the worst first; empty if the cluster is healthy. */
  readonly findings: readonly string[];
}

export type StepName = keyof FactsOf;

/** The result of a step. A check ends with the first step that fails. */
export type Step = {
  [Name in StepName]:
    | { readonly name: Name; readonly status: 'ok'; readonly facts: FactsOf[Name] }
    | { readonly name: Name; readonly status: 'failed'; readonly facts?: FactsOf[Name]; readonly diagnosis: Diagnosis }
    | { readonly name: Name; readonly status: 'skipped'; readonly reason: string };
}[StepName];

export type Done<Name extends StepName> = Extract<Step, { readonly name: Name; readonly status: 'ok' }>;

/** Adds a full stop unless the text ends with a punctuation mark. */
export function withFullStop(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

export function upperFirst(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
