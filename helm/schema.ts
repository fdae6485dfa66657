import { alertGroups } from '../prometheus/rules.ts';
import { defaultThresholds } from '../prometheus/thresholds.ts';
import { webTable } from '../src/config/web-config.ts';
import {
  anyObject,
  closed,
  dataKey,
  duration,
  emptyOr,
  emptyOrDuration,
  list,
  optional,
  port,
  rangeDuration,
  type Schema,
  seconds,
  some,
  text,
  texts,
} from './json-schema.ts';
import { otherNames } from './other-names.ts';
import { alertName, sharedThresholds } from './rule-files.ts';
import {
  cluster,
  filesDiscovery,
  kubernetesDiscovery,
  mapping,
  saasDiscovery,
  topOfTheFile,
} from './settings-schema.ts';
import { type ChartValue, chartValues } from './values.ts';

const probe = closed({
  initialDelaySeconds: { type: 'integer', minimum: 0 },
  periodSeconds: seconds,
  timeoutSeconds: seconds,
  successThreshold: seconds,
  failureThreshold: seconds,
  terminationGracePeriodSeconds: seconds,
});

const secretKey: Schema = { ...closed({ name: some, key: some }), required: ['name', 'key'] };

const changes = { for: duration, keep_firing_for: duration, labels: texts, annotations: texts };
const alert = closed({ enabled: { type: 'boolean' }, ...changes });
const additionalRule: Schema = {
  ...closed({ alert: some, record: some, expr: some, ...changes }),
  required: ['expr'],
  oneOf: [{ required: ['alert'] }, { required: ['record'] }],
};

const ingressHost: Schema = {
  ...closed({
    host: some,
    paths: list({
      ...closed({
        path: { type: 'string', pattern: '^/' },
        pathType: { enum: ['Prefix', 'Exact', 'ImplementationSpecific'] },
      }),
      required: ['path'],
    }),
  }),
  required: ['host'],
};

const countOrPercentage: Schema = { type: ['integer', 'string'], minimum: 0, pattern: '^([0-9]+%?)?$' };

const alertNames = (): readonly string[] =>
  Object.values(alertGroups(defaultThresholds))
    .flat()
    .map(({ name }) => alertName(name));

type Refinements = Readonly<Record<string, Schema>>;

/** Schemas of values whose default does not determine the type. All other types are inferred from values.yaml. */
function refined(): Refinements {
  return { ...configuration(), ...pods, ...access, ...monitoring(), 'tests.timeoutSeconds': seconds };
}

const configuration = (): Refinements => ({
  clusters: { type: 'object', propertyNames: { minLength: 1, maxLength: 128 }, additionalProperties: cluster() },
  'discovery.files': filesDiscovery(),
  'discovery.saas': saasDiscovery(),
  ...Object.fromEntries(Object.entries(topOfTheFile).map(([key, schema]) => [`config.${key}`, schema])),
  ...Object.fromEntries(
    Object.entries(kubernetesDiscovery()).map(([key, schema]) => [`discovery.kubernetes.${key}`, schema]),
  ),
  'existingConfig.key': dataKey,
  'web.existingConfig.key': dataKey,
  'web.port': port,
  'web.telemetry_path': { type: 'string', pattern: '^/[-._~/A-Za-z0-9]*$' },
  'web.config': mapping(webTable),
});

const pods: Refinements = {
  'global.imagePullSecrets': list({ type: ['string', 'object'] }),
  replicas: { type: 'integer', minimum: 0 },
  shards: { type: 'integer', minimum: 1, maximum: 100 },
  'image.digest': emptyOr('sha256:[0-9a-f]{64}'),
  'image.pullPolicy': { enum: ['Always', 'IfNotPresent', 'Never'] },
  commonLabels: texts,
  commonAnnotations: texts,
  deploymentAnnotations: texts,
  podLabels: texts,
  podAnnotations: texts,
  extraArgs: list({ type: 'string', pattern: '^--' }),
  extraObjects: list({ type: ['string', 'object'] }),
  'serviceAccount.annotations': texts,
  livenessProbe: probe,
  readinessProbe: probe,
  dnsPolicy: optional(['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None']),
  nodeSelector: texts,
  'podDisruptionBudget.minAvailable': countOrPercentage,
  'podDisruptionBudget.maxUnavailable': countOrPercentage,
};

const access: Refinements = {
  'service.type': { enum: ['ClusterIP', 'NodePort', 'LoadBalancer'] },
  'service.port': port,
  'service.nodePort': { ...port, type: ['integer', 'null'] },
  'service.ipFamilyPolicy': optional(['SingleStack', 'PreferDualStack', 'RequireDualStack']),
  'service.ipFamilies': { ...list({ enum: ['IPv4', 'IPv6'] }), uniqueItems: true },
  'service.loadBalancerSourceRanges': list(some),
  'service.externalTrafficPolicy': optional(['Cluster', 'Local']),
  'service.labels': texts,
  'service.annotations': texts,
  'ingress.labels': texts,
  'ingress.annotations': texts,
  'ingress.hosts': list(ingressHost),
  'httpRoute.labels': texts,
  'httpRoute.annotations': texts,
  'httpRoute.hostnames': list(some),
};

const monitoring = (): Refinements => ({
  ...monitor('serviceMonitor'),
  ...monitor('podMonitor'),
  'serviceMonitor.targetLabels': list(some),
  'prometheusRule.labels': texts,
  'prometheusRule.annotations': texts,
  'prometheusRule.alertLabels': texts,
  'prometheusRule.alerts': closed(Object.fromEntries(alertNames().map((name) => [name, alert]))),
  ...Object.fromEntries(Object.entries(sharedThresholds).map(threshold)),
  'prometheusRule.additionalRules': list(additionalRule),
  'dashboards.labels': texts,
  'dashboards.annotations': texts,
});

const monitor = (name: string): Refinements => ({
  [`${name}.labels`]: texts,
  [`${name}.annotations`]: texts,
  [`${name}.interval`]: emptyOrDuration,
  [`${name}.scrapeTimeout`]: emptyOrDuration,
  [`${name}.podTargetLabels`]: list(some),
  [`${name}.basicAuth`]: closed({ username: secretKey, password: secretKey }),
});

/** With a count of 0, the alert would always fire. */
const count: Schema = { type: 'integer', minimum: 1 };

/** Thresholds for which not every number has a meaning. */
const numbers: Readonly<Record<string, Schema>> = {
  failureRatio: { type: 'number', minimum: 0, maximum: 1 },
  leaderChanges: count,
  leadersApart: count,
};

const threshold = ([name, fallback]: readonly [string, unknown]): readonly [string, Schema] => [
  `prometheusRule.thresholds.${name}`,
  typeof fallback === 'number' ? (numbers[name] ?? { type: 'number', minimum: 0 }) : rangeDuration,
];

/** Mappings without a fallback for keys that are removed with null. */
const complete: readonly string[] = ['prometheusRule.thresholds'];

/** Mappings with values for the other charts of a parent chart. */
const shared: readonly string[] = ['global'];

/** Accepts the names of other charts below a path, since a template rejects them with a better message. */
const rejectedLater = (prefix: string): Readonly<Record<string, Schema>> =>
  Object.fromEntries(
    Object.entries(otherNames)
      .filter(([path]) => path.startsWith(prefix) && !path.slice(prefix.length).includes('.'))
      .map(([path, instead]) => [path.slice(prefix.length), { description: `Rejected: use ${instead}.` }]),
  );

const inParent = 'Only for the `condition` of a parent chart. The chart itself ignores it.';

/** Returns the content of values.schema.json. Throws if a refinement matches no value in values.yaml. */
export function valuesSchema(): Schema {
  const refinements = new Map(Object.entries(refined()));
  const schemaOf = (value: ChartValue): Schema => {
    const own = refinements.get(value.path);
    refinements.delete(value.path);
    const described = value.doc === undefined ? {} : { description: value.doc };
    if (own) return { ...own, ...described };
    if (value.children.length === 0) return { ...inferred(value), ...described };
    const children = properties(value.children);
    return {
      ...closed({ ...children, ...rejectedLater(`${value.path}.`) }),
      ...(complete.includes(value.path) && { required: Object.keys(children) }),
      ...(shared.includes(value.path) && { additionalProperties: true }),
    };
  };
  const properties = (values: readonly ChartValue[]) =>
    Object.fromEntries(values.map((value) => [value.path.split('.').at(-1) ?? '', schemaOf(value)]));

  const all = properties(chartValues());
  if (refinements.size > 0) throw new Error(`values.yaml: expected ${[...refinements.keys()].join(', ')}`);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of zeebe-topology-exporter',
    ...closed({ ...all, ...rejectedLater(''), enabled: { type: 'boolean', description: inParent } }),
  };
}

function inferred(value: ChartValue): Schema {
  if (Array.isArray(value.default)) return list(anyObject);
  switch (typeof value.default) {
    case 'string':
      return text;
    case 'boolean':
      return { type: 'boolean' };
    case 'number':
      return { type: 'integer', minimum: 0 };
    default:
      return anyObject;
  }
}
