/** What a setting looks like where it is written. A map is a list of pairs: convict would look inside an object. */
interface Shapes {
  readonly text: string;
  readonly boolean: boolean;
  readonly list: readonly string[];
  readonly map: readonly (readonly [name: string, value: string])[];
}
export type Shape = keyof Shapes;
export type Raw = Shapes[Shape];

interface Declaration<R extends Raw, Value> {
  /** For the reference page and `--help`. */
  readonly doc: string;
  readonly default?: R;
  /** Gives the value that runs, or throws an Error whose message completes 'expected …', in one line. */
  format(raw: R): Value;
  /** The environment variable and its other names. */
  readonly variables?: readonly string[];
  /** The default where the setting comes from the environment. */
  readonly variableDefault?: R;
  /** As it is typed: `--config.file=PATH`. */
  readonly flag?: string;
  /** False: not a key of the configuration file. */
  readonly file?: false;
  /** How messages show the value; absent: as it is. */
  show?(raw: R): string;
}

/** An entry of a table; convict takes it as it is. */
export interface Setting<Value = unknown> extends Omit<Declaration<Raw, Value>, 'default'> {
  readonly shape: Shape;
  readonly default: Raw | undefined;
  /** Keeps values out of convict's own messages. */
  readonly sensitive: true;
}

/** Settings by their full key, such as `oauth2.client_id`. */
export type Table = Readonly<Record<string, Setting>>;
export type Key<T extends Table> = keyof T & string;
export type Value<S> = S extends Setting<infer V> ? V : never;

interface Declare<R extends Raw> {
  <V>(declaration: Declaration<R, V> & { readonly default: R }): Setting<V>;
  <V>(declaration: Declaration<R, V>): Setting<V | undefined>;
}

function declare<S extends Shape>(shape: S): Declare<Shapes[S]> {
  return <V>(declaration: Declaration<Shapes[S], V>): Setting<V> => ({
    default: undefined,
    ...declaration,
    shape,
    sensitive: true,
  });
}

export const text = declare('text');
export const boolean = declare('boolean');
export const list = declare('list');
export const map = declare('map');

/** The same settings as a group: `ca_file` under `tls_config` is `tls_config.ca_file`. */
export function under<P extends string, T extends Table>(prefix: P, table: T) {
  const entries = Object.entries(table).map(([key, setting]) => [`${prefix}.${key}`, setting]);
  return Object.fromEntries(entries) as { readonly [K in Key<T> as `${P}.${K}`]: T[K] };
}

/** How messages show what was found. */

const hidden = '<secret>';
const maxShown = 80;

export function showPlain(raw: unknown): string {
  const characters = [...JSON.stringify(raw)];
  return characters.length > maxShown ? `${characters.slice(0, maxShown).join('')}…` : characters.join('');
}

export function hide(): string {
  return hidden;
}

/**
 * A scheme, a host, a port, a path: nothing in it can be a password or a token. A colon that is followed by something
 * else than slashes or digits may stand before a password.
 */
const harmlessUrl =
  /^(?:https?:\/{0,3}|[a-z][a-z\d+.-]*:\/{1,3})?(?:\[[\da-f:.]+\]|[^\p{Cc}/@?#:]*)(?::(?:\d*|\$\{\w+\}))?(?:\/[^\p{Cc}?#@:]*)?$/iu;

export function showUrl(raw: string): string {
  return harmlessUrl.test(raw) ? showPlain(raw) : hidden;
}
