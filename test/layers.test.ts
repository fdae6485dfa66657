import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, normalize } from 'node:path/posix';
import { describe, expect, it } from 'vitest';

const root = new URL('../src/', import.meta.url);
const isSimulator = (file: string) => file.startsWith('simulator/');
const files = globSync('**/*.ts', { cwd: root }).sort();
const textOf = new Map(files.map((file) => [file, readFileSync(new URL(file, root), 'utf8')]));

/** The files that a file imports, be it for types alone or when it runs. */
const importsOf = new Map(
  [...textOf].map(([file, text]) => {
    const specifiers = [...text.matchAll(/(?:\bfrom |\bimport\(|^import )'(\.[^']+)'/gm)].map(([, path = '']) => path);
    return [file, [...new Set(specifiers.map((path) => normalize(`${dirname(file)}/${path}`)))]] as const;
  }),
);

/** The lowest layer first. The files of a layer import each other and those of the layers before it. */
const layers: readonly (readonly string[])[] = [
  [
    'version.ts',
    'omit-undefined.ts',
    'json.ts',
    'same-items.ts',
    'nearest-name.ts',
    'clock.ts',
    'memory.ts',
    'secret.ts',
    'encoded-text.ts',
    'redact.ts',
    'json-reader.ts',
    'wording.ts',
    'certificates.ts',
  ],
  ['config/'],
  ['kubernetes/'],
  ['failure.ts', 'tenant-failure-text.ts', 'token-failure-text.ts', 'access-failure-text.ts', 'failure-text.ts'],
  ['transport/'],
  ['auth/'],
  ['zeebe/'],
  ['poll/'],
  ['cluster/'],
  ['discovery/'],
  ['metrics/'],
  ['election/'],
  ['status/'],
  ['http/'],
  ['check/'],
  [
    'logfmt.ts',
    'logger.ts',
    'leadership.ts',
    'lazy-discovery.ts',
    'debug-reports.ts',
    'cluster-outputs.ts',
    'exporter.ts',
    'demo.ts',
    'healthcheck.ts',
    'cli.ts',
    'config-summary.ts',
    'commands.ts',
    'process.ts',
    'program.ts',
    'main.ts',
  ],
];

function layerOf(file: string): number {
  return layers.findIndex((layer) =>
    layer.some((place) => (place.endsWith('/') ? file.startsWith(place) : file === place)),
  );
}

/** The folders below that a folder must not know although they are below it. */
const strangers: Readonly<Record<string, readonly string[]>> = {
  'http/': ['zeebe/', 'poll/', 'auth/', 'transport/'],
  'check/': ['metrics/', 'status/', 'http/'],
  'poll/': ['metrics/'],
};

function reachable(file: string): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (next: string) => {
    if (found.has(next)) return;
    found.add(next);
    importsOf.get(next)?.forEach(visit);
  };
  importsOf.get(file)?.forEach(visit);
  return found;
}

describe('the imports of src/', () => {
  it('are found', () => {
    expect(importsOf.get('main.ts')).toEqual(['version.ts', 'program.ts']);
    expect(importsOf.get('cluster/clusters.ts')).toContain('cluster/monitor.ts');
  });

  it('lead to files that exist', () => {
    expect([...importsOf].flatMap(([, imports]) => imports.filter((file) => !textOf.has(file)))).toEqual([]);
  });

  it('form no circle of files', () => {
    expect(files.filter((file) => reachable(file).has(file))).toEqual([]);
  });

  it('lead from a layer to itself and to those below', () => {
    const upwards = files
      .filter((file) => !isSimulator(file))
      .flatMap((file) => (importsOf.get(file) ?? []).map((imported) => [file, imported] as const))
      .filter(([file, imported]) => layerOf(imported) > layerOf(file))
      .map((pair) => pair.join(' -> '));
    expect(upwards).toEqual([]);
  });

  it('lead to no folder that is none of their business', () => {
    const strange = Object.entries(strangers).flatMap(([folder, others]) =>
      files
        .filter((file) => file.startsWith(folder))
        .flatMap((file) => (importsOf.get(file) ?? []).map((imported) => `${file} -> ${imported}`))
        .filter((pair) => others.some((other) => pair.includes(`-> ${other}`))),
    );
    expect(strange).toEqual([]);
  });

  it('lead to the simulator from the demo alone, and from the simulator to nothing of the exporter but its clock', () => {
    const crossing = files
      .flatMap((file) => (importsOf.get(file) ?? []).map((imported) => [file, imported] as const))
      .filter(([file, imported]) => isSimulator(file) !== isSimulator(imported));
    expect(crossing.filter(([file, imported]) => file !== 'demo.ts' && imported !== 'clock.ts')).toEqual([]);
  });
});

describe('the files of src/', () => {
  it('are all part of the program or of the health check of the image', () => {
    const entries = ['main.ts', 'healthcheck.ts'];
    const used = new Set([...entries, ...entries.flatMap((entry) => [...reachable(entry)])]);
    expect(files.filter((file) => !used.has(file))).toEqual([]);
  });

  it('are each in one layer', () => {
    expect(files.filter((file) => !isSimulator(file) && layerOf(file) === -1)).toEqual([]);
  });

  it('have names of their own', () => {
    const names = Map.groupBy(files, (file) => basename(file));
    expect([...names].filter(([, same]) => same.length > 1).map(([, same]) => same)).toEqual([]);
  });

  it('have 300 lines at most', () => {
    const lengths = [...textOf].map(([file, text]) => ({ file, lines: text.trimEnd().split('\n').length }));
    expect(lengths.filter(({ lines }) => lines > 300)).toEqual([]);
  });
});
