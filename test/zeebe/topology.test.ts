import { expect, it } from 'vitest';
import { byId } from '../../src/zeebe/topology.ts';

it('puts broker ids in the order of their numbers, zone by zone', () => {
  const ids = ['10', '2', 'eu-west-1_10', 'eu-west-1_2', '0', 'ap-south-1_0'];
  expect(ids.sort(byId)).toEqual(['0', '2', '10', 'ap-south-1_0', 'eu-west-1_2', 'eu-west-1_10']);
});

it('tells ids apart that only look alike', () => {
  expect(['1', '01'].sort(byId)).toEqual(['01', '1'].sort(byId));
});
