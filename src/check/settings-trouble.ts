import type { OAuth2Config } from '../config/config.ts';
import { tokenEndpoint } from './endpoint.ts';
import { isEntra, isSaasCluster } from './providers.ts';
import type { Diagnosis, Target } from './step.ts';

/** What cannot work, whoever answers; undefined where nothing is known against it. */
export function settingsTrouble(target: Target): Diagnosis | undefined {
  const { authentication } = target.config;
  return saasTrouble(target) ?? (authentication.method === 'oauth2' ? scopeTrouble(target, authentication) : undefined);
}

function saasTrouble({ config, origin }: Target): Diagnosis | undefined {
  const { hostname, pathname } = config.address;
  if (!isSaasCluster(config.address) || pathname !== '/') return undefined;
  // The address for gRPC has the cluster's id before the region.
  const [, id = '<cluster id>', region = hostname] = /^([\da-f]{8}-[\da-f-]+)\.(.+)$/.exec(hostname) ?? [];
  return {
    problem: `The address of a cluster of Camunda's SaaS has the cluster's id behind the host, and this one has nothing there.`,
    change:
      `Set ${origin.name('address')} to https://${region}/${id}.` +
      (id.startsWith('<') ? " The cluster's API tab in Camunda's console shows the id." : ''),
  };
}

function scopeTrouble(target: Target, oauth2: OAuth2Config): Diagnosis | undefined {
  if (!isEntra(tokenEndpoint(target, oauth2).url)) return undefined;
  return oauth2.scopes.some((scope) => scope.endsWith('/.default')) ? undefined : entraScopeTrouble(target, oauth2);
}

export function entraScopeTrouble({ origin }: Target, { scopes }: OAuth2Config): Diagnosis {
  const found = scopes.length === 0 ? 'none is set' : `this is ${JSON.stringify(scopes.join(' '))}`;
  return {
    problem: `Microsoft Entra ID wants a scope that ends with /.default, and ${found}.`,
    change: `Set ${origin.name('oauth2.scopes')} to <application id of the cluster>/.default.`,
  };
}
