type OptionalKey<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T];

/** `T` with optional properties in place of those that may be undefined. */
type WithoutUndefined<T> = { readonly [K in Exclude<keyof T, OptionalKey<T>>]: T[K] } & {
  readonly [K in OptionalKey<T>]?: Exclude<T[K], undefined>;
};

/** Returns the object without the properties that are undefined: `exactOptionalPropertyTypes` tells the two apart. */
export function omitUndefined<T extends object>(properties: T): WithoutUndefined<T> {
  const present: Partial<T> = {};
  for (const key in properties) {
    if (properties[key] !== undefined) present[key] = properties[key];
  }
  return present as WithoutUndefined<T>;
}
