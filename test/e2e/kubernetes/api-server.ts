import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { onTestFailed, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { createAuthority } from '../authority.ts';
import { freePorts } from '../ports.ts';
import { createSystemFolder, type Running, start, untilUp } from '../process.ts';
import { kubernetesTools } from './kubernetes-tools.ts';

/** A kube-apiserver with its etcd, without controllers: nothing runs pods or deletes leases. */
export interface ApiServer {
  readonly port: number;
  /** Sends a request as an administrator. Returns the body, or throws if the status is not one of success. */
  readonly send: (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object) => Promise<unknown>;
  /** Returns the content of a kubeconfig file with this token, for a server on another port of 127.0.0.1. */
  readonly kubeconfig: (port: number, namespace: string, token: string) => string;
  /** Stops the process of the API server with SIGSTOP, and lets it continue with SIGCONT. */
  readonly signal: (signal: 'SIGSTOP' | 'SIGCONT') => void;
}

const adminToken = 'administrator';

/** Starts both until the end of the test. */
export async function startApiServer(): Promise<ApiServer> {
  const tools = await kubernetesTools();
  const [etcdPort = 0, peerPort = 0, port = 0] = await freePorts(3);
  await startEtcd(tools.etcd, etcdPort, peerPort);

  const at = await createSystemFolder('kube-apiserver');
  const authority = await createAuthority(at.data, 'kubernetes');
  const server = await authority.issue('apiserver');
  const accounts = await authority.issue('service-accounts', 'rsa');
  const tokens = join(at.data, 'tokens.csv');
  await writeFile(tokens, `${adminToken},administrator,1,system:masters\n`);
  const running = start(at, [
    tools.apiServer,
    '--bind-address=127.0.0.1',
    '--advertise-address=192.0.2.1',
    `--secure-port=${port}`,
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--service-cluster-ip-range=198.51.100.0/24',
    `--tls-cert-file=${server.certificate}`,
    `--tls-private-key-file=${server.key}`,
    `--service-account-key-file=${accounts.certificate}`,
    `--service-account-signing-key-file=${accounts.key}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--token-auth-file=${tokens}`,
    '--authorization-mode=RBAC',
    '--endpoint-reconciler-type=none',
  ]);
  untilTheEnd(running, 'kube-apiserver');
  const ca = await readFile(authority.certificate, 'utf8');
  const send = createClient(port, ca);
  await untilUp('kube-apiserver', running, 120, () => send('GET', '/readyz'));
  return {
    port,
    send,
    kubeconfig: (otherPort, namespace, token) => kubeconfig({ port: otherPort, namespace, token, ca }),
    signal: running.signal,
  };
}

async function startEtcd(command: string, port: number, peerPort: number): Promise<void> {
  const at = await createSystemFolder('etcd');
  const [client, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  const running = start(at, [
    command,
    `--data-dir=${at.data}/etcd`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
  ]);
  untilTheEnd(running, 'etcd');
  await untilUp('etcd', running, 60, async () => {
    const { statusCode, body } = await request(`${client}/health`);
    await body.dump();
    if (statusCode !== 200) throw new Error(`/health returned ${statusCode}`);
  });
}

function untilTheEnd(running: Running, name: string): void {
  onTestFailed(() => console.error(`The end of the log of ${name}:\n${running.output().slice(-4_000)}`));
  onTestFinished(running.stop);
}

function createClient(port: number, ca: string): ApiServer['send'] {
  const dispatcher = new Agent({ connect: { ca } });
  onTestFinished(() => dispatcher.destroy());
  return async (method, path, content) => {
    const { statusCode, body } = await request(`https://127.0.0.1:${port}${path}`, {
      method,
      dispatcher,
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: content === undefined ? null : JSON.stringify(content),
    });
    const text = await body.text();
    if (statusCode >= 300) throw new Error(`${method} ${path} returned ${statusCode}: ${text}`);
    return text.startsWith('{') ? JSON.parse(text) : text;
  };
}

interface Access {
  readonly port: number;
  readonly namespace: string;
  readonly token: string;
  readonly ca: string;
}

function kubeconfig({ port, namespace, token, ca }: Access): string {
  const data = Buffer.from(ca).toString('base64');
  return stringify({
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace } }],
    clusters: [{ name: 'test', cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': data } }],
    users: [{ name: 'test', user: { token } }],
  });
}
