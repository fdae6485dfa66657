/** Parses `label_values(selector, label)`. */
export function labelQuery(query: string): { readonly selector: string; readonly label: string } | undefined {
  const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(query) ?? [];
  return selector === undefined || label === undefined ? undefined : { selector, label };
}
