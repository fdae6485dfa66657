import type { SaasFacts } from '../config/discovery-settings.ts';
import type { StaticLabels } from '../config/labels.ts';
import type { Source } from '../config/resolve.ts';
import type { Raw } from '../config/setting.ts';
import { filled } from '../config/templates.ts';

type Pair = readonly [name: string, value: string];

/** Fills the templates of labels. A label whose value is then empty is left out. */
export function filledLabels(templates: StaticLabels, facts: SaasFacts): readonly Pair[] {
  return Object.entries(templates)
    .map(([name, template]) => [name, filled(template, facts)] as const)
    .filter(([, value]) => value !== '');
}

/** Adds to the labels of each source those of the sources before it, whose other settings it replaces. */
export function withMergedLabels(sources: readonly Source[]): readonly Source[] {
  let merged: readonly Pair[] = [];
  return sources.map((source) => {
    const own = source.given.get('labels');
    if (!isPairs(own)) return source;
    merged = [...new Map([...merged, ...own])];
    return { ...source, given: new Map([...source.given, ['labels', merged]]) };
  });
}

function isPairs(raw: Raw | undefined): raw is readonly Pair[] {
  return Array.isArray(raw) && raw.every(Array.isArray);
}
