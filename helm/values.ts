import { readFileSync } from 'node:fs';
import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml';

export const chart = new URL('zeebe-topology-exporter/', import.meta.url);

/** Artifact Hub shows the README, but does not resolve links relative to the repository. */
export const repository = 'https://github.com/zeebe-topology-exporter/zeebe-topology-exporter/blob/main';

/** A key of values.yaml. */
export interface ChartValue {
  /** Such as `serviceAccount.create`. */
  readonly path: string;
  readonly default: unknown;
  /** The comment above the key that begins with `--`. A value with such a comment is documented as a whole. */
  readonly doc?: string;
  /** Empty if the value is documented as a whole. */
  readonly children: readonly ChartValue[];
}

/** Returns the values in the order of values.yaml. Throws if neither a value nor its children are documented. */
export function chartValues(): readonly ChartValue[] {
  const document = parseDocument(readFileSync(new URL('values.yaml', chart), 'utf8'));
  if (!isMap(document.contents)) throw new Error('values.yaml: expected a mapping');
  return below(document.contents, '');
}

/** Returns the values that the table of the README lists. */
export function documented(values: readonly ChartValue[]): readonly (ChartValue & { readonly doc: string })[] {
  return values.flatMap((value) => {
    const { doc } = value;
    return doc === undefined ? documented(value.children) : [{ ...value, doc }];
  });
}

function below(mapping: YAMLMap, prefix: string): readonly ChartValue[] {
  return mapping.items.map(({ key, value }, index) => {
    if (!isScalar(key)) throw new Error(`values.yaml: ${prefix}: expected scalar keys`);
    const path = `${prefix}${key.value}`;
    // The parser attaches the comment above the first key to the mapping instead of the key.
    const doc = docOf((index === 0 ? mapping.commentBefore : undefined) ?? key.commentBefore);
    const children = isMap(value) && doc === undefined ? below(value, `${path}.`) : [];
    if (doc === undefined && children.length === 0) throw new Error(`values.yaml: ${path}: expected a comment '# --'`);
    const fallback: unknown =
      isMap(value) || isScalar(value) ? value.toJSON() : (value as { toJSON(): unknown }).toJSON();
    return { path, default: fallback, ...(doc !== undefined && { doc }), children };
  });
}

/** Returns the last of several comments above a key, which is the one about that key, with absolute links. */
function docOf(comment: string | null | undefined): string | undefined {
  const lines = (comment ?? '').split('\n').filter((line) => line.startsWith(' -- '));
  return lines.at(-1)?.slice(' -- '.length).replaceAll('](../..', `](${repository}`);
}
