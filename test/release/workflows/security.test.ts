import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const folder = join(import.meta.dirname, '../../../.github/workflows');

/** Actions that may be used by a tag, because their commit could not be confirmed. */
const unpinned: readonly string[] = [];

/** All permissions that the jobs have, by file and job. */
const allowed: Readonly<Record<string, Readonly<Record<string, Permissions>>>> = {
  'ci.yaml': {
    unit: { contents: 'read' },
    debian: { contents: 'read' },
    image: { contents: 'read' },
  },
  'codeql.yaml': { analyze: { contents: 'read', 'security-events': 'write' } },
  'release.yaml': {
    ci: { contents: 'read' },
    files: { contents: 'read' },
    image: {
      contents: 'read',
      packages: 'write',
      'id-token': 'write',
      attestations: 'write',
      'artifact-metadata': 'write',
    },
    'publish-image': { packages: 'write' },
    'publish-chart': {
      packages: 'write',
      'id-token': 'write',
      attestations: 'write',
      'artifact-metadata': 'write',
    },
    'publish-package': { 'id-token': 'write' },
    latest: { packages: 'write' },
    page: { contents: 'write' },
  },
};

const workflows = readdirSync(folder).map((file) => {
  const text = readFileSync(join(folder, file), 'utf8');
  const workflow: Workflow = parse(text);
  const jobs = Object.entries(workflow.jobs).map(([id, job]) => ({ id, ...job }));
  return { file, text, workflow, jobs, steps: jobs.flatMap(({ steps = [] }) => steps) };
});

const release = workflows.find(({ file }) => file === 'release.yaml');
const onPullRequests = workflows.filter(({ workflow }) => 'pull_request' in workflow.on);

describe.each(workflows)('$file', ({ file, text, workflow, jobs, steps }) => {
  it('pins every action by commit, with its version in a comment', () => {
    const used = [...text.matchAll(/^ *(?:- )?uses: (.*)$/gm)].map(([, what = '']) => what);
    expect(used.length).toBeGreaterThan(0);
    const pinned = /^[\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;
    const loose = used.filter((what) => !what.startsWith('./') && !pinned.test(what));
    expect(loose.filter((what) => !unpinned.includes(what))).toEqual([]);
  });

  it('pins every container image by digest', () => {
    const images = jobs.map(({ container }) => (typeof container === 'string' ? container : container?.image));
    for (const image of images) if (image !== undefined) expect(image).toMatch(/:[\w.-]+@sha256:[0-9a-f]{64}$/);
  });

  it('grants permissions job by job, and only those that are listed here', () => {
    expect(workflow.permissions).toEqual({});
    expect(Object.fromEntries(jobs.map(({ id, permissions }) => [id, permissions]))).toEqual(allowed[file]);
  });

  it('does not leave the token in .git/config', () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    for (const step of checkouts) expect(step.with).toMatchObject({ 'persist-credentials': false });
  });

  it('uses no secret but the token of the run itself', () => {
    const secrets = [...text.matchAll(/secrets\.(\w+)/g)].map(([, name]) => name);
    expect(secrets.filter((name) => name !== 'GITHUB_TOKEN')).toEqual([]);
    expect(text).not.toMatch(/secrets: *inherit/);
  });

  it('installs packages without their install scripts', () => {
    const installing = steps.flatMap(({ run }) => (run !== undefined && /npm (ci|install)/.test(run) ? [run] : []));
    for (const run of installing) expect(run).toBe('npm ci --ignore-scripts');
  });

  it('is not started by an event that gives code of a pull request the rights of the repository', () => {
    expect(Object.keys(workflow.on)).not.toContain('pull_request_target');
    expect(Object.keys(workflow.on)).not.toContain('workflow_run');
  });

  it('puts no expression into a shell script, where its value would be code', () => {
    for (const { run } of steps) expect(run ?? '').not.toContain('${{');
  });
});

it('one action has the same version in all workflows', () => {
  const pins = workflows.flatMap(({ text }) =>
    [...text.matchAll(/uses: ([\w-]+\/[\w-]+)\S*@(\S+ # \S+)/g)].map(([, action, pin]) => `${action}@${pin}`),
  );
  const distinct = [...new Set(pins)];
  const actions = new Set(distinct.map((pin) => pin.split('@')[0]));
  expect(distinct).toHaveLength(actions.size);
});

describe.each(onPullRequests)('$file on a pull request', ({ text, jobs }) => {
  it('uses no secret', () => {
    expect(text).not.toContain('secrets.');
    expect(text).not.toContain('github.token');
  });

  it('runs no privileged container', () => {
    const privileged = jobs.filter(({ container }) => typeof container === 'object' && container.options !== undefined);
    for (const job of privileged) expect(job.if).toBe("github.event_name != 'pull_request'");
  });

  it('can write nothing but results of CodeQL', () => {
    const writable = jobs.flatMap(({ permissions }) =>
      Object.entries(permissions ?? {}).flatMap(([scope, access]) => (access === 'write' ? [scope] : [])),
    );
    expect(writable.filter((scope) => scope !== 'security-events')).toEqual([]);
  });
});

describe('a release', () => {
  const jobs = release?.workflow.jobs ?? {};

  it('publishes nothing before all checks have passed, and the release page last', () => {
    const order = ['publish-image', 'publish-chart', 'publish-package', 'latest', 'page'];
    const [first = '', ...later] = order;
    expect([...earlierThan(first)].sort()).toEqual(['ci', 'files', 'image']);
    for (const [index, name] of later.entries()) expect(earlierThan(name)).toContain(order[index]);
    expect([...earlierThan('page'), 'page'].sort()).toEqual(Object.keys(jobs).sort());
  });

  it('pushes the image without a tag until it is published', () => {
    const build = jobs.image?.steps?.find(({ uses }) => uses?.startsWith('docker/build-push-action@'));
    expect(build?.with?.outputs).toContain('push-by-digest=true');
    expect(build?.with).not.toHaveProperty('tags');
  });

  it.each(['image', 'publish-chart'])('signs and attests what the job %s pushes', (name) => {
    const steps = jobs[name]?.steps ?? [];
    expect(steps.some(({ run }) => run?.startsWith('cosign sign --yes'))).toBe(true);
    expect(steps.find(({ uses }) => uses?.startsWith('actions/attest@'))?.with).toMatchObject({
      'push-to-registry': true,
    });
  });

  it('publishes to npm by the identity of the workflow, without a token or a registry of its own', () => {
    expect(release?.text).not.toMatch(/registry-url|NPM_TOKEN|NODE_AUTH_TOKEN/);
    expect(jobs['publish-package']?.steps?.some(({ run }) => run?.startsWith('npm publish'))).toBe(true);
  });

  it('is not started by the tag of a pre-release, which npm would make the latest version', () => {
    expect(release?.workflow.on).toEqual({ push: { tags: ['v[0-9]+.[0-9]+.[0-9]+'] } });
  });

  /** Returns the names of all jobs that end before this one begins. */
  function earlierThan(name: string): Set<string> {
    const needs = [jobs[name]?.needs ?? []].flat();
    return new Set(needs.flatMap((each) => [each, ...earlierThan(each)]));
  }
});

type Permissions = Readonly<Record<string, 'read' | 'write'>>;

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Permissions;
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Job {
  readonly if?: string;
  readonly needs?: string | readonly string[];
  readonly permissions?: Permissions;
  readonly container?: string | { readonly image: string; readonly options?: string };
  readonly steps?: readonly Step[];
}

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
