import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const folder = new URL('../../src/check/', import.meta.url);
const files = readdirSync(folder);

/** The parts of failures and diagnoses that are sentences of the exporter or of a library. */
const sentence = String.raw`(?:\w+\.)*(?:message|remedy|cause|mismatch|problem|change)`;
const method = '(?:match|matchAll|search|includes|startsWith|endsWith|indexOf|split|replace|replaceAll)';
const reading = new RegExp(String.raw`\b${sentence}\??\.${method}\(|\.(?:test|exec)\(${sentence}\)`, 'g');

const readingsIn = (source: string) => source.match(reading) ?? [];

describe('check: diagnoses are made from the fields of a failure', () => {
  it.each(files)('%s reads no sentence back', (file) => {
    expect(readingsIn(readFileSync(new URL(file, folder), 'utf8'))).toEqual([]);
  });

  it.each([
    'if (/ECONNREFUSED/.test(message)) return;',
    "failure.message.includes('no whole answer')",
    '/answered (5\\d\\d)/.exec(failure.message)?.[1]',
    'remedy.match(/x/)',
  ])('a reading is recognized: %s', (source) => {
    expect(readingsIn(source)).toHaveLength(1);
  });
});
