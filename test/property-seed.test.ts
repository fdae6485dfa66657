import fc from 'fast-check';
import { expect, it } from 'vitest';

it('the seed of property tests is fixed in CI, and random elsewhere', () => {
  expect(fc.readConfigureGlobal().seed).toBe(process.env.CI ? 20_261_124 : undefined);
});

it('a failing property test prints its seed', () => {
  const failing = () => fc.assert(fc.property(fc.nat(), () => false));
  expect(failing).toThrow(/seed: -?\d+, path: "\d/);
});
