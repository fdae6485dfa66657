import type { TestProject } from 'vitest/node';
import { chartTools } from '../../release/go-tools.ts';
import { provideRunFolder } from '../run-folder.ts';
import { kubernetesTools } from './kubernetes-tools.ts';

/** Builds the programs before the first test, whose deadline is shorter. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await chartTools();
  await kubernetesTools();
  return provideRunFolder(project);
}
