import type { Container, PodSpec, SecurityContext } from './rendered.ts';

const volumeKinds = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/**
 * Returns the violations of the restricted Pod Security Standard in a pod.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export function restrictedViolations(pod: PodSpec): readonly string[] {
  const violations: string[] = [];
  const expected = (holds: boolean, what: string) => {
    if (!holds) violations.push(what);
  };
  expected(!pod.hostNetwork && !pod.hostPID && !pod.hostIPC, 'host namespaces');
  expected((pod.securityContext?.sysctls ?? []).length === 0, 'sysctls');
  for (const { name, ...kinds } of pod.volumes ?? []) {
    expected(
      Object.keys(kinds).every((kind) => volumeKinds.includes(kind)),
      `volume ${name}`,
    );
  }
  for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
    for (const violation of ofContainer(container, pod.securityContext ?? {})) expected(false, violation);
  }
  return violations;
}

function ofContainer({ securityContext: own = {}, ports = [] }: Container, pod: SecurityContext): readonly string[] {
  const { privileged, allowPrivilegeEscalation, capabilities, procMount, seLinuxOptions } = own;
  const runAsUser = own.runAsUser ?? pod.runAsUser;
  const seccomp = (own.seccompProfile ?? pod.seccompProfile)?.type;
  const rules: Readonly<Record<string, boolean>> = {
    privileged: privileged !== true,
    allowPrivilegeEscalation: allowPrivilegeEscalation === false,
    runAsNonRoot: (own.runAsNonRoot ?? pod.runAsNonRoot) === true,
    runAsUser: runAsUser !== 0,
    seccompProfile: seccomp === 'RuntimeDefault' || seccomp === 'Localhost',
    'capabilities.drop': (capabilities?.drop ?? []).includes('ALL'),
    'capabilities.add': (capabilities?.add ?? []).every((name) => name === 'NET_BIND_SERVICE'),
    hostPort: ports.every(({ hostPort = 0 }) => hostPort === 0),
    procMount: procMount === undefined || procMount === 'Default',
    seLinuxOptions: seLinuxOptions === undefined && pod.seLinuxOptions === undefined,
  };
  return Object.entries(rules).flatMap(([rule, holds]) => (holds ? [] : [rule]));
}
