import { withDeadline } from '../clock.ts';
import { type Endpoint, hostOf, portOf, type Target } from './check-target.ts';
import {
  certificateFacts,
  diagnoseCertificate,
  diagnoseConnection,
  diagnoseHandshake,
  proxyBefore,
} from './diagnose-connection.ts';
import { connectOnce, resolveHost, shakeHands } from './probes.ts';
import type { CheckContext, Step } from './steps.ts';

/** Tries DNS, the connection and TLS, without a request. Returns whether all succeeded or were skipped. */
export async function* connectionSteps(
  target: Target,
  endpoint: Endpoint,
  context: CheckContext,
): AsyncGenerator<Step, boolean> {
  const proxy = proxyBefore(endpoint, target);
  if (proxy !== undefined) {
    const reason = `requests go through ${proxy}`;
    yield { name: `${endpoint.kind}_connection`, status: 'skipped', reason };
    yield { name: `${endpoint.kind}_tls`, status: 'skipped', reason };
    return true;
  }
  const connection = await connectionStep(endpoint, context);
  yield connection;
  if (connection.status === 'failed') return false;
  const tls = await tlsStep(endpoint, context);
  yield tls;
  return tls.status !== 'failed';
}

async function connectionStep(endpoint: Endpoint, { signal }: CheckContext): Promise<Step> {
  const name = `${endpoint.kind}_connection` as const;
  const { url, timeout } = endpoint;
  try {
    return await withDeadline(timeout, signal, async (deadline) => {
      const addresses = await resolveHost(url, deadline);
      const address = await connectOnce(endpoint, deadline);
      return { name, status: 'ok', facts: { host: hostOf(url), port: portOf(url), addresses, address } };
    });
  } catch (error) {
    return { name, status: 'failed', diagnosis: diagnoseConnection(error, endpoint) };
  }
}

async function tlsStep(endpoint: Endpoint, { clock, signal }: CheckContext): Promise<Step> {
  const name = `${endpoint.kind}_tls` as const;
  const { url, transport, timeout } = endpoint;
  if (url.protocol === 'http:') {
    return { name, status: 'skipped', reason: 'the address begins with http://, so the connection is not encrypted' };
  }
  try {
    const { protocol, certificate, error } = await withDeadline(timeout, signal, (deadline) =>
      shakeHands(endpoint, deadline),
    );
    const verified = !transport.tls.insecureSkipVerify;
    const facts = { protocol, ...certificateFacts(certificate, clock.now()), verified };
    return error === undefined || !verified
      ? { name, status: 'ok', facts }
      : { name, status: 'failed', facts, diagnosis: diagnoseCertificate(error, certificate, endpoint, clock.now()) };
  } catch (error) {
    return { name, status: 'failed', diagnosis: diagnoseHandshake(error, endpoint) };
  }
}
