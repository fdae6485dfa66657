/** Names of values in other charts, by path, and what this chart has instead. The chart rejects them with that name. */
export const otherNames: Readonly<Record<string, string>> = {
  containerSecurityContext: 'securityContext',
  env: 'extraEnv',
  extraDeploy: 'extraObjects',
  extraEnvVars: 'extraEnv',
  extraInitContainers: 'initContainers',
  extraManifests: 'extraObjects',
  'image.pullSecrets': 'imagePullSecrets',
  'ingress.ingressClassName': 'ingress.className',
  'podMonitor.additionalLabels': 'podMonitor.labels',
  'prometheusRule.additionalLabels': 'prometheusRule.labels',
  'prometheusRule.rules': 'prometheusRule.additionalRules',
  replicaCount: 'replicas',
  'serviceMonitor.additionalLabels': 'serviceMonitor.labels',
  sidecars: 'extraContainers',
};
