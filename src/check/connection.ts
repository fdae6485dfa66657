import { type Clock, withDeadline } from '../clock.ts';
import { certificateFacts } from './certificate.ts';
import { certificateTrouble, connectionTrouble, handshakeTrouble } from './connection-trouble.ts';
import type { Endpoint } from './endpoint.ts';
import { connectOnce, hostOf, portOf, resolveHost, shakeHands } from './probe.ts';
import { proxyBefore } from './proxy.ts';
import type { Step, Target } from './step.ts';

export interface Conditions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** DNS, connection and TLS, tried directly. Gives whether all went well. */
export async function* reach(
  target: Target,
  endpoint: Endpoint,
  conditions: Conditions,
): AsyncGenerator<Step, boolean> {
  const proxy = proxyBefore(endpoint, target);
  if (proxy !== undefined) {
    const reason = `requests go through ${proxy}`;
    yield { name: `${endpoint.kind}_connection`, status: 'skipped', reason };
    yield { name: `${endpoint.kind}_tls`, status: 'skipped', reason };
    return true;
  }
  const connection = await connectionStep(endpoint, conditions);
  yield connection;
  if (connection.status === 'failed') return false;
  const tls = await tlsStep(endpoint, conditions);
  yield tls;
  return tls.status !== 'failed';
}

async function connectionStep(endpoint: Endpoint, { signal }: Conditions): Promise<Step> {
  const name = `${endpoint.kind}_connection` as const;
  const { url, timeout } = endpoint;
  try {
    return await withDeadline(timeout, signal, async (deadline) => {
      const addresses = await resolveHost(url, deadline);
      const address = await connectOnce(endpoint, deadline);
      return { name, status: 'ok', facts: { host: hostOf(url), port: portOf(url), addresses, address } };
    });
  } catch (error) {
    return { name, status: 'failed', diagnosis: connectionTrouble(error, endpoint) };
  }
}

async function tlsStep(endpoint: Endpoint, { clock, signal }: Conditions): Promise<Step> {
  const name = `${endpoint.kind}_tls` as const;
  const { url, transport, timeout } = endpoint;
  if (url.protocol === 'http:') {
    return { name, status: 'skipped', reason: 'the address begins with http://, nothing is encrypted' };
  }
  try {
    const { protocol, certificate, error } = await withDeadline(timeout, signal, (deadline) =>
      shakeHands(endpoint, deadline),
    );
    const verified = !transport.tls.insecureSkipVerify;
    const facts = { protocol, ...certificateFacts(certificate, clock.now()), verified };
    return error === undefined || !verified
      ? { name, status: 'ok', facts }
      : { name, status: 'failed', facts, diagnosis: certificateTrouble(error, certificate, endpoint, clock.now()) };
  } catch (error) {
    return { name, status: 'failed', diagnosis: handshakeTrouble(error, endpoint) };
  }
}
