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
  const detour = await proxyBefore(endpoint, target);
  if (detour !== undefined) {
    yield { name: `${endpoint.kind}_connection`, status: 'skipped', reason: detour };
    yield { name: `${endpoint.kind}_tls`, status: 'skipped', reason: detour };
    return true;
  }
  const connection = await connectionStep(target, endpoint, conditions);
  yield connection;
  if (connection.status === 'failed') return false;
  const tls = await tlsStep(target, endpoint, conditions);
  yield tls;
  return tls.status !== 'failed';
}

async function connectionStep({ config }: Target, endpoint: Endpoint, { signal }: Conditions): Promise<Step> {
  const name = `${endpoint.kind}_connection` as const;
  const { url } = endpoint;
  try {
    return await withDeadline(config.pollTimeout, signal, async (deadline) => {
      const addresses = await resolveHost(url, deadline);
      const address = await connectOnce(url, deadline);
      return { name, status: 'ok', facts: { host: hostOf(url), port: portOf(url), addresses, address } };
    });
  } catch (error) {
    return { name, status: 'failed', diagnosis: connectionTrouble(error, endpoint) };
  }
}

async function tlsStep({ config }: Target, endpoint: Endpoint, { clock, signal }: Conditions): Promise<Step> {
  const name = `${endpoint.kind}_tls` as const;
  const { url, transport } = endpoint;
  if (url.protocol === 'http:') {
    return { name, status: 'skipped', reason: 'the address begins with http://, nothing is encrypted' };
  }
  try {
    const { protocol, certificate, error } = await withDeadline(config.pollTimeout, signal, (deadline) =>
      shakeHands(url, transport.tls, deadline),
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
