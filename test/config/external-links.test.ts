import { describe, expect, it } from 'vitest';
import { noHistory } from '../../src/poll/events.ts';
import { clusterStatus } from '../../src/status/status-document.ts';
import { stateAfter } from '../polls.ts';
import { complaints, load } from './loading.ts';

const cluster = 'clusters: [{ name: a, address: "http://localhost" }]';
const fileWith = (links: string) => `${cluster}\nweb:\n  external_links: ${links}\n`;
const place = 'conf/exporter.yml:3: web.external_links';

describe('web.external_links', () => {
  it('are links in the order of the file', () => {
    const file = fileWith(
      '{ Grafana: "https://grafana/d/zeebe?var-cluster={cluster}", Wiki: "http://wiki/#/{cluster}" }',
    );
    expect(load({ file }).config.web.externalLinks).toEqual([
      { name: 'Grafana', template: 'https://grafana/d/zeebe?var-cluster={cluster}' },
      { name: 'Wiki', template: 'http://wiki/#/{cluster}' },
    ]);
    expect(load({ file: cluster }).config.web).not.toHaveProperty('externalLinks');
  });

  it('need not contain the name of the cluster', () => {
    const file = fileWith('{ Wiki: "https://wiki/zeebe" }');
    expect(load({ file }).config.web.externalLinks).toEqual([{ name: 'Wiki', template: 'https://wiki/zeebe' }]);
  });

  it.each([
    ['javascript:alert(1)', 'a URL that begins with http:// or https://'],
    ['//wiki/{cluster}', 'a URL that begins with http:// or https://'],
    ['https://{cluster}.example.com/', '{cluster} in the path, the query or the fragment'],
    ['https://user:{cluster}@example.com/', '{cluster} in the path, the query or the fragment'],
    ['https://user:opensesame@example.com/', 'URLs without user name and password'],
    ['https://wiki/{name}', '{cluster} as the only placeholder (percent-encode other braces: %7B and %7D)'],
    ['https://wiki/{cluster', '{cluster} as the only placeholder (percent-encode other braces: %7B and %7D)'],
  ])('refuse %s', (url, expected) => {
    const [line, ...others] = complaints({ file: fileWith(JSON.stringify({ Wiki: url })) });
    expect(others).toEqual([]);
    expect(line).toContain(`${place}: expected ${expected}, found Wiki: `);
    expect(line).not.toContain('opensesame');
  });

  it.each(['""', `"${'a'.repeat(41)}"`, '"a\\tb"'])('refuse the name %s', (name) => {
    expect(complaints({ file: fileWith(`{ ${name}: "https://wiki/" }`) })[0]).toContain('names of 1 to 40 characters');
  });

  it('cannot lead elsewhere by the name of a cluster', () => {
    const template = 'https://wiki/zeebe/{cluster}';
    const state = stateAfter([], { name: '@evil.example/../?#' });
    const [link] = clusterStatus(state, noHistory, [{ name: 'Wiki', template }]).links;
    expect(new URL(link?.url ?? '')).toMatchObject({ host: 'wiki', search: '', hash: '' });
    expect(link?.url).toMatch(/^https:\/\/wiki\/zeebe\/[^/]+$/);
  });
});
