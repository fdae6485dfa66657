import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import type { Fleet } from './cluster/fleet.ts';
import type { LeaderElectionConfig } from './config/replica-settings.ts';
import { type Election, takePart } from './election/election.ts';
import type { Page } from './metrics/page.ts';
import type { ProcessMetrics } from './metrics/process-metrics.ts';
import type { StatusFeed } from './status/status-feed.ts';

/** Whether this exporter polls, which without leader election it always does. */
export interface Leadership {
  readonly mayPoll: () => boolean;
  /** Stands for election: from now on the clusters are polled while this exporter leads. */
  readonly begin: (fleet: Fleet) => void;
  /** Ends the candidacy, then the polls, and then lets another exporter lead. */
  readonly stop: (endPolls: () => Promise<void>) => Promise<void>;
}

export interface LeadershipOptions {
  readonly processMetrics: ProcessMetrics;
  readonly page: Page;
  readonly status: StatusFeed;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Rejects with a `ConfigError` if the API of Kubernetes is not configured. */
export async function createLeadership(
  config: LeaderElectionConfig | undefined,
  { processMetrics, page, status, logger, clock }: LeadershipOptions,
): Promise<Leadership> {
  if (!config) return { mayPoll: () => true, begin: () => {}, stop: (endPolls) => endPolls() };

  const { leaseName: name, namespace, identity = hostname() } = config;
  // Loaded only here: the client of Kubernetes takes half a second and 90 MB.
  const { createKubernetesLease } = await import('./election/kubernetes-lease.ts');
  const store = createKubernetesLease({ name, ...(namespace !== undefined && { namespace }), env: process.env });
  const show = (role: 'leader' | 'standby') => {
    processMetrics.leads(role === 'leader');
    page.refresh();
    status.setRole(role);
  };
  let election: Election | undefined;
  show('standby');
  return {
    mayPoll: () => election?.leads() ?? false,
    begin: (fleet) => {
      election = takePart({
        store,
        // Of two processes with the same name, such as a container before and after its restart, one stands by.
        identity: `${identity}_${randomUUID()}`,
        lead: async () => {
          await fleet.lead();
          show('leader');
        },
        standBy: async () => {
          await fleet.standBy();
          show('standby');
        },
        logger,
        clock,
        random: Math.random,
      });
    },
    stop: async (endPolls) => election?.stop(endPolls),
  };
}
