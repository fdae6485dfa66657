/** How a setting is written. A map is a list of pairs, since convict would take an object for a group of settings. */
interface Shapes {
  readonly text: string;
  readonly boolean: boolean;
  readonly number: number;
  readonly list: readonly string[];
  readonly map: readonly (readonly [name: string, value: string])[];
}
export type Shape = keyof Shapes;
export type Raw = Shapes[Shape];

interface Declaration<R extends Raw, Value> {
  /** For the reference page and `--help`. */
  readonly doc: string;
  readonly default?: R;
  /**
   * Returns the value that the exporter runs with. Throws an Error whose message completes 'expected …', in one line.
   */
  readonly format: (raw: R) => Value;
  /** The environment variable and its other names. */
  readonly variables?: readonly string[];
  /** The default if the setting comes from the environment. */
  readonly variableDefault?: R;
  /** As it is typed: `--config.file=PATH`. */
  readonly flag?: string;
  /** False: not a key of the configuration file. */
  readonly file?: false;
  /** A duration. 0 may be written as a number, since it needs no unit. */
  readonly isDuration?: true;
  /** Messages show `<secret>` instead of the value. */
  readonly isSecret?: true;
  /** Returns what messages show; absent: the value as it is written. */
  readonly show?: (raw: R) => string;
}

/** An entry of a table. */
export interface Setting<Value = unknown> extends Omit<Declaration<Raw, Value>, 'default'> {
  readonly shape: Shape;
  readonly default: Raw | undefined;
}

/** Settings by their full key, such as `oauth2.client_id`. */
export type Table = Readonly<Record<string, Setting>>;
export type Key<T extends Table> = keyof T & string;
export type Value<S> = S extends Setting<infer V> ? V : never;

interface Declare<R extends Raw> {
  <V>(declaration: Declaration<R, V> & { readonly default: R }): Setting<V>;
  <V>(declaration: Declaration<R, V>): Setting<V | undefined>;
}

function declare<R extends Raw>(shape: Shape, isOfShape: (raw: Raw) => raw is R): Declare<R> {
  return <V>({ format, show, ...others }: Declaration<R, V>): Setting<V> => ({
    default: undefined,
    ...others,
    shape,
    format: (raw) => {
      if (!isOfShape(raw)) throw new Error(`a ${shape}`);
      return format(raw);
    },
    ...(show && { show: (raw) => (isOfShape(raw) ? show(raw) : masked) }),
  });
}

export const text = declare('text', (raw) => typeof raw === 'string');
export const boolean = declare('boolean', (raw) => typeof raw === 'boolean');
export const number = declare('number', (raw) => typeof raw === 'number');
export const list = declare('list', (raw): raw is Shapes['list'] => isListOf(raw, (item) => typeof item === 'string'));
export const map = declare('map', (raw): raw is Shapes['map'] => isListOf(raw, Array.isArray));

function isListOf(raw: Raw, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(raw) && raw.every(isItem);
}

/** Returns the same settings as a group: `ca_file` in the group `tls_config` is `tls_config.ca_file`. */
export function group<P extends string, T extends Table>(name: P, table: T) {
  const entries = Object.entries(table).map(([key, setting]) => [`${name}.${key}`, setting]);
  return Object.fromEntries(entries) as { readonly [K in Key<T> as `${P}.${K}`]: T[K] };
}

/** Replaces a value that may be a secret. */
export const masked = '<secret>';
const maxShown = 80;

/** Returns a value as messages show it. */
export function shown({ isSecret, show = showPlain }: Setting, raw: Raw): string {
  return isSecret ? masked : show(raw);
}

export function showPlain(raw: unknown): string {
  const characters = [...JSON.stringify(raw)];
  return characters.length > maxShown ? `${characters.slice(0, maxShown).join('')}…` : characters.join('');
}

/**
 * A scheme, a host, a port and a path, none of which can be a password or a token. A colon that is followed by
 * something other than slashes or digits may precede a password.
 */
const harmlessUrl =
  /^(?:https?:\/{0,3}|[a-z][a-z\d+.-]*:\/{1,3})?(?:\[[\da-f:.]+\]|[^\p{Cc}/@?#:]*)(?::(?:\d*|\$\{\w+\}))?(?:\/[^\p{Cc}?#@:]*)?$/iu;

/** Returns a URL as messages show it: `<secret>` if it may hold credentials. */
export function showUrl(raw: string): string {
  return harmlessUrl.test(raw) ? showPlain(raw) : masked;
}
