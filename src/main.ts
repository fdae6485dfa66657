#!/usr/bin/env node
import { nodeProblem } from './version.ts';

// This file and its static imports use only syntax that old versions of Node.js can parse, so that they can report the
// problem.
const problem = nodeProblem(process.versions.node);
if (problem === undefined) {
  void import('./program.ts');
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}
