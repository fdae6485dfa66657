import { singleLineText } from './formats.ts';

/** What is known of a discovered cluster, by the names of the placeholders. */
export type Facts = Readonly<Record<string, string>>;

const placeholder = /\{([^{}]*)\}/g;

/** Returns the placeholders as messages list them. */
export function placeholders(facts: readonly string[]): string {
  return facts.map((fact) => `{${fact}}`).join(', ');
}

/** Replaces the placeholders of a template, each by what `encode` makes of the fact. */
export function filled(template: string, facts: Facts, encode = (fact: string) => fact): string {
  return template.replace(placeholder, (_, fact: string) => encode(facts[fact] ?? ''));
}

/** Accepts a template whose placeholders are all among the facts. The error begins with `what`. */
export function template(raw: string, facts: readonly string[], what = 'text'): string {
  const unknown = [...singleLineText(raw).matchAll(placeholder)].some(([, name = '']) => !facts.includes(name));
  if (unknown || /[{}]/.test(raw.replace(placeholder, ''))) {
    throw new Error(`${what} with no other braces than those of ${placeholders(facts)}`);
  }
  return raw;
}
