import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { nodeProblem } from '../src/version.ts';

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly engines: { readonly node: string };
};

it.each(['22.20.0', '22.21.1', '23.0.0', '24.0.0', '100.1.0'])('Node.js %s can run the exporter', (version) => {
  expect(nodeProblem(version)).toBeUndefined();
});

it.each([
  '8.17.0',
  '18.20.8',
  '20.20.2',
  '22.2.0',
  '22.19.9',
])('Node.js %s is rejected with the required version', (version) => {
  expect(nodeProblem(version)).toMatch(`needs Node.js 22.20 or newer, and this is ${version}.`);
});

it('the required Node.js version is that of package.json', () => {
  expect(engines.node).toBe('>=22.20');
});
