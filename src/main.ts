#!/usr/bin/env node
import { nodeProblem } from './version.ts';

// This file and what it imports statically are in a syntax that an old Node.js reads: only then can it say what is wrong.
const problem = nodeProblem(process.versions.node);
if (problem === undefined) {
  void import('./program.ts');
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}
