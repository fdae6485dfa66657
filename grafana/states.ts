import { MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { type ReplicaHealth, type Role, replicaHealths, roles } from '../src/zeebe/topology.ts';
import { type Verdict, verdicts } from '../src/zeebe/verdict.ts';

/** The text and color of a value. */
export interface State {
  readonly value: number;
  readonly text: string;
  readonly color: string;
}

const verdictColors: Readonly<Record<Verdict, string>> = {
  healthy: 'green',
  degraded: 'yellow',
  unhealthy: 'red',
  unknown: 'purple',
};
export const verdictStates: readonly State[] = verdicts.map((text, value) => ({
  value,
  text,
  color: verdictColors[text],
}));

const healthyColors: Readonly<Record<Role, string>> = {
  leader: 'blue',
  follower: 'green',
  inactive: '#808080',
  unknown: 'purple',
};
const ailingColors: Readonly<Record<Exclude<ReplicaHealth, 'healthy'>, string>> = {
  unhealthy: 'orange',
  dead: 'red',
  unknown: 'yellow',
};

/** The states of a replica: role and health in one number. */
export const replicaStates: readonly State[] = roles.flatMap((role) =>
  replicaHealths.map((health) => ({
    value: roles.indexOf(role) * replicaHealths.length + replicaHealths.indexOf(health),
    text: health === 'healthy' ? role : `${role}, ${health}`,
    color: health === 'healthy' ? healthyColors[role] : ailingColors[health],
  })),
);

export const brokerStates = yesAndNo('listed', 'missing');
export const leaderStates = yesAndNo('has a leader', 'no leader');
export const pollStates = yesAndNo('succeeded', 'failed');
export const exporterStates = yesAndNo('up', 'down');
export const reloadStates = yesAndNo('succeeded', 'failed');
export const discoveryStates = yesAndNo('succeeded', 'failed');
export const credentialStates = yesAndNo('accepted', 'rejected');

/** The state of series that exist only while something fails. */
export const failingStates: readonly State[] = [{ value: 1, text: 'failing', color: 'red' }];
/** An exporter that stands by is no problem. */
export const roleStates: readonly State[] = [
  { value: 1, text: 'leader', color: 'green' },
  { value: 0, text: 'standby', color: 'blue' },
];
export const gatewayStates: readonly State[] = [{ value: 1, text: 'yes', color: 'green' }];

export function mappings(states: readonly State[]): ValueMapping[] {
  const options = states.map(({ value, text, color }, index) => [String(value), { text, color, index }] as const);
  return [{ type: MappingType.ValueToText, options: Object.fromEntries(options) }];
}

function yesAndNo(yes: string, no: string): readonly State[] {
  return [
    { value: 1, text: yes, color: 'green' },
    { value: 0, text: no, color: 'red' },
  ];
}
