import { type ClientAuthenticationMethod, clientAuthenticationMethods } from './client-authentication-config.ts';
import { methodsOfSetting } from './client-credential.ts';
import { isPresent, only, pathsIn, type Source } from './resolve.ts';
import { clusterTable } from './settings-table.ts';

/**
 * Returns the sources of a cluster, in ascending precedence, without the settings that a later source replaces by an
 * alternative: `client_secret` by `client_secret_file`, or `oauth2` by `basic_auth`. Alternatives in the same source
 * stay, as they contradict each other.
 */
export function withoutReplaced(sources: readonly Source[]): readonly Source[] {
  return sources.map((source, index) => {
    const isReplaced = sources.slice(index + 1).map((later) => replacedBy(later, source));
    const isKept = (path: string) => !isReplaced.some((replaced) => replaced(path));
    return pathsIn(source.location).every(isKept) ? source : only(source, isKept);
  });
}

/** Whether a setting, or a group of settings, is replaced. */
type IsReplaced = (path: string) => boolean;

function replacedBy(later: Source, source: Source): IsReplaced {
  const methods = methodsIn(later);
  return (path) => {
    const own = path === 'oauth2.client_auth' ? writtenMethods(source) : methodsOfSetting.get(path);
    if (methods && own && !own.some((method) => methods.includes(method))) return true;
    return alternatives.some(
      ([one, other]) => isWithin(path, one) && isPresent(later.location, other) && !isPresent(later.location, one),
    );
  };
}

/** Pairs of settings and of groups of settings, in both orders, of which a cluster has only one. */
const alternatives = [
  ['basic_auth', 'oauth2'] as const,
  ['oauth2.token_url', 'oauth2.issuer_url'] as const,
  ...Object.keys(clusterTable).flatMap((key) => (`${key}_file` in clusterTable ? [[key, `${key}_file`] as const] : [])),
].flatMap(([one, other]) => [[one, other] as const, [other, one] as const]);

function isWithin(path: string, group: string): boolean {
  return path === group || path.startsWith(`${group}.`);
}

/** The settings that hold what a client authenticates itself with, by which they choose the method. */
const credentials = ['oauth2.client_secret', 'oauth2.client_secret_file', 'oauth2.client_certificate_key_file'];

/**
 * Returns the methods of client authentication that a source chooses from; undefined if it leaves the choice to others.
 */
function methodsIn(source: Source): readonly ClientAuthenticationMethod[] | undefined {
  const credential = credentials.find((key) => isPresent(source.location, key));
  return writtenMethods(source) ?? (credential === undefined ? undefined : methodsOfSetting.get(credential));
}

function writtenMethods({ given }: Source): readonly ClientAuthenticationMethod[] | undefined {
  const written = given.get('oauth2.client_auth');
  const methods = clientAuthenticationMethods.filter((method) => method === written);
  return methods.length > 0 ? methods : undefined;
}
