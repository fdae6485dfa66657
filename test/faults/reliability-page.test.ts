import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { reliabilityPage } from '../../docs/reliability.ts';

it('docs/reliability.md is what `npm run docs` writes', () => {
  expect(readFileSync(new URL('../../docs/reliability.md', import.meta.url), 'utf8')).toBe(reliabilityPage());
});
