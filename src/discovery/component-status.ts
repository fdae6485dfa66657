/** `cluster` is the combined status of the others. */
export const saasComponents = ['cluster', 'zeebe', 'operate', 'tasklist', 'optimize'] as const;
export type SaasComponent = (typeof saasComponents)[number];

export const saasStatuses = ['healthy', 'unhealthy', 'creating', 'updating', 'unknown'] as const;
export type SaasStatus = (typeof saasStatuses)[number];

/** The status of a component of a cluster. */
export interface ComponentStatus {
  /** The name of the cluster in metrics. */
  readonly cluster: string;
  readonly component: SaasComponent;
  readonly status: SaasStatus;
}
