import type { LoadedCluster, SettingInForce } from '../config/effective-settings.ts';
import type { Verdict } from '../zeebe/verdict.ts';

/** A cluster to check, and where its settings came from. */
export type Target = LoadedCluster;

/** What is wrong, and what to do about it: a sentence each, or two, for people who may not know the protocol. */
export interface Diagnosis {
  readonly problem: string;
  /** Names the setting. */
  readonly change: string;
}

/** What the steps find out, by their names, in their order. */
interface FactsOf {
  readonly settings: { readonly settings: readonly SettingInForce[] };
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
  /** All that the name stands for. */
  readonly addresses: readonly string[];
  /** The one that was connected to. */
  readonly address: string;
}

export interface TlsFacts {
  /** `TLSv1.3`. */
  readonly protocol: string;
  readonly subject: string;
  readonly issuer: string;
  /** ISO 8601, UTC; absent where the certificate has no date that can be read. */
  readonly expires?: string;
  readonly days_left?: number;
  /** False where `insecure_skip_verify` is set. */
  readonly verified: boolean;
}

export interface TokenRequestFacts {
  /** Of the token endpoint, or of the issuer that names it. */
  readonly url: string;
}

/** Where the token is opaque, only the lifetime may be known. */
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
  readonly partitions?: number;
  readonly replication_factor?: number;
  readonly gateway_version?: string;
  readonly cluster_id?: string;
  /** Whether it was asked with a token that was issued just now; absent where it was asked without one. */
  readonly new_token?: true;
}

export interface VerdictFacts {
  readonly verdict: Verdict;
  /** Why, the worst first; none where the cluster is healthy. */
  readonly findings: readonly string[];
}

export type StepName = keyof FactsOf;

/** What became of a step. A check ends with the first that failed. */
export type Step = {
  [Name in StepName]:
    | { readonly name: Name; readonly status: 'ok'; readonly facts: FactsOf[Name] }
    | { readonly name: Name; readonly status: 'failed'; readonly facts?: FactsOf[Name]; readonly diagnosis: Diagnosis }
    | { readonly name: Name; readonly status: 'skipped'; readonly reason: string };
}[StepName];

export type Done<Name extends StepName> = Extract<Step, { readonly name: Name; readonly status: 'ok' }>;
