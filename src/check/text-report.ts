import { styleText } from 'node:util';
import type { Target } from './check-target.ts';
import type { ConnectionFacts, Done, Step, StepName, TlsFacts, TokenFacts, TopologyFacts } from './steps.ts';

const titles: Readonly<Record<StepName, string>> = {
  settings: 'Settings',
  cluster_connection: 'Connection to the cluster',
  cluster_tls: 'TLS of the cluster',
  token_connection: 'Connection to the identity provider',
  token_tls: 'TLS of the identity provider',
  token_request: 'Token request',
  token: 'Token',
  topology: 'Topology',
  verdict: 'Verdict',
};

interface StepText {
  /** Follows the title, on the same line. */
  readonly summary: string;
  /** The lines below. */
  readonly details: readonly string[];
}

export interface TextReport {
  readonly heading: (target: Target) => string;
  readonly step: (step: Step) => string;
  /** The last line, from the names of the clusters that cannot be polled and the number of all. */
  readonly summary: (failed: readonly string[], all: number) => string;
}

/** The report for a terminal or a file. Each step is rendered when it has ended; long lines are not wrapped. */
export function createTextReport(withColours: boolean): TextReport {
  const paint = (colour: Parameters<typeof styleText>[0], text: string) =>
    withColours ? styleText(colour, text, { validateStream: false }) : text;

  const render = (mark: string, name: StepName, { summary, details }: StepText): string => {
    const lines = details.map((line) => `      ${line}\n`).join('');
    return `  ${mark} ${titles[name]}${summary === '' ? '' : `: ${summary}`}\n${lines}`;
  };
  return {
    heading: ({ config }) => `${paint('bold', config.name)}\n`,
    step(step) {
      switch (step.status) {
        case 'ok':
          return render(isWorrying(step) ? paint('yellow', '!') : paint('green', '✓'), step.name, textOf(step));
        case 'skipped':
          return render(paint('dim', '-'), step.name, { summary: step.reason, details: [] });
        case 'failed': {
          const { problem, change } = step.diagnosis;
          const text =
            step.facts === undefined ? noText : textOf({ ...step, status: 'ok', facts: step.facts } as AnyDone);
          const details = [...text.details, paint('red', problem), change];
          return render(paint('red', '✗'), step.name, { summary: text.summary, details });
        }
      }
    },
    summary: (failed, all) => `${paint(failed.length === 0 ? 'green' : 'red', conclusion(failed, all))}\n`,
  };
}

function conclusion(failed: readonly string[], all: number): string {
  if (all === 0) return 'The configuration has no clusters to check.';
  if (all === 1) return `The cluster ${failed.length === 0 ? 'can' : 'cannot'} be polled.`;
  return failed.length === 0
    ? `All ${all} clusters can be polled.`
    : `${failed.length} of ${all} clusters cannot be polled: ${failed.join(', ')}.`;
}

const newToken =
  'the token was just issued: a running exporter may use an older one, without permissions granted since';

const onlyDefaultTenant =
  'since 8.10 this response is about the physical tenant default alone: if the cluster has others, set ' +
  'physical_tenants to all (ZEEBE_PHYSICAL_TENANTS=all) and the credentials of a cluster admin';

function topologyNotes({ new_token, only_default_tenant }: TopologyFacts): readonly string[] {
  return [...(new_token ? [newToken] : []), ...(only_default_tenant ? [onlyDefaultTenant] : [])];
}

type AnyDone = Done<StepName>;
const noText: StepText = { summary: '', details: [] };

/** A cluster that can be polled may still be unhealthy. */
function isWorrying(step: AnyDone): boolean {
  return step.name === 'verdict' && step.facts.verdict !== 'healthy';
}

function textOf(step: AnyDone): StepText {
  switch (step.name) {
    case 'settings': {
      const { settings } = step.facts;
      return { summary: '', details: columns(settings.map(({ key, value, place }) => [key, value, place])) };
    }
    case 'cluster_connection':
    case 'token_connection':
      return { summary: connection(step.facts), details: [] };
    case 'cluster_tls':
    case 'token_tls':
      return tls(step.facts);
    case 'token_request':
      return { summary: `${step.facts.url} issued a token`, details: [] };
    case 'token':
      return { summary: step.facts.opaque ? 'opaque, without readable claims' : '', details: token(step.facts) };
    case 'topology':
      return { summary: topology(step.facts), details: topologyNotes(step.facts) };
    case 'verdict':
      return { summary: step.facts.verdict, details: step.facts.findings };
  }
}

function connection({ host, port, addresses, address }: ConnectionFacts): string {
  const others = addresses.length > 1 ? `, one of ${addresses.length} addresses` : '';
  return `${host}, port ${port}${address === host ? '' : ` (${address}${others})`}`;
}

function tls({ protocol, subject, issuer, expires, days_left, verified }: TlsFacts): StepText {
  const rows = [
    ['certificate', subject],
    ['issued by', issuer],
    ...(expires === undefined ? [] : [['expires', `${expires.slice(0, 10)}, ${daysLeft(days_left ?? 0)}`]]),
  ];
  return { summary: `${protocol}${verified ? '' : ', the certificate is not verified'}`, details: columns(rows) };
}

function daysLeft(days: number): string {
  return days < 0 ? 'has expired' : `in ${count(days, 'day')}`;
}

function token(facts: TokenFacts): readonly string[] {
  const { audiences, scopes, client, issuer, lifetime_seconds, clock_difference_seconds } = facts;
  return columns([
    ...(audiences ? [['audiences', audiences.join(', ') || 'none']] : []),
    ...(scopes ? [['scopes', scopes.join(' ') || 'none']] : []),
    ...(client === undefined ? [] : [['client', client]]),
    ...(issuer === undefined ? [] : [['issuer', issuer]]),
    ['lifetime', lifetime_seconds === undefined ? 'unknown' : duration(lifetime_seconds)],
    ...(clock_difference_seconds === undefined ? [] : [['clock', clock(clock_difference_seconds)]]),
  ]);
}

function clock(difference: number): string {
  if (Math.abs(difference) <= 2) return 'in sync with the identity provider';
  const way = difference > 0 ? 'ahead of' : 'behind';
  return `this machine is ${duration(Math.abs(difference))} ${way} the identity provider`;
}

function topology(facts: TopologyFacts): string {
  const { brokers, cluster_size, physical_tenants, partitions, replication_factor, gateway_version, cluster_id } =
    facts;
  return [
    cluster_size === undefined ? count(brokers, 'broker') : `${brokers} of ${count(cluster_size, 'broker')}`,
    ...(physical_tenants === undefined ? [] : [count(physical_tenants, 'physical tenant')]),
    ...(partitions === undefined ? [] : [count(partitions, 'partition')]),
    ...(replication_factor === undefined ? [] : [`replication factor ${replication_factor}`]),
    ...(gateway_version === undefined ? [] : [`gateway ${gateway_version}`]),
    ...(cluster_id === undefined ? [] : [`cluster id ${cluster_id}`]),
  ].join(', ');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** In the largest unit in which the duration is 2 or more. */
function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, index) => Math.max(cell.length, widest[index] ?? 0)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
