import { type InvolvedProxy, type ProxyInFront, proxyInFrontOf } from '../transport/involved-proxy.ts';
import type { Endpoint } from './endpoint.ts';
import { hostOf, portOf } from './probe.ts';
import type { Diagnosis, Target } from './step.ts';

/** Names the proxy that requests go through, in the middle of a sentence; undefined where they go directly. */
export function proxyBefore(
  { url, transport }: Pick<Endpoint, 'url' | 'transport'>,
  target: Target,
): string | undefined {
  const proxy = proxyInFrontOf(url, transport);
  return proxy && `the proxy ${proxy.address} of ${settingOf(proxy, target)}`;
}

/** A proxy is at fault. */
export function proxyTrouble(proxy: InvolvedProxy, message: string, { url }: Endpoint, target: Target): Diagnosis {
  const { address, status } = proxy;
  const setting = settingOf(proxy, target);
  if (status === 407) {
    return {
      problem: `The proxy ${address} asks for a user name and password (407).`,
      change: `Write those that it accepts into ${setting}: http://<user name>:<password>@${address}.`,
    };
  }
  if (status !== undefined) {
    const directly = proxy.setting === 'proxy_url' ? `remove ${setting}` : `name ${hostOf(url)} in NO_PROXY`;
    return {
      problem: `The proxy ${address} does not connect to port ${portOf(url)} of ${hostOf(url)}: it answers with status ${status}.`,
      change: `Allow that connection at the proxy, or ${directly}.`,
    };
  }
  return {
    problem: `The proxy ${address} cannot be reached, or breaks the connection off: ${reasonIn(message, address)}.`,
    change: `Start the proxy, or correct ${setting}.`,
  };
}

function settingOf({ setting }: ProxyInFront, { origin }: Target): string {
  return setting === 'proxy_url' ? origin.name('proxy_url') : setting;
}

/** What went wrong, behind what was asked. */
function reasonIn(message: string, address: string): string {
  return message.split(`proxy ${address}: `)[1] ?? message;
}
