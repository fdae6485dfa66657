/** The links of a cluster's page: its metrics, and those of `web.external_links`. */
import { byId, element, keyedChildren, setAttribute, setText } from './dom.js';

/**
 * @import { ClusterSummary, LinkStatus } from '../../status/cluster-summary.ts'
 * @import { Part } from './dom.js'
 */

/**
 * @param {string} name
 * @returns {Part<ClusterSummary>}
 */
export function clusterLinks(name) {
  const external = element('ul');
  const updateExternal = keyedChildren(external, (/** @type {LinkStatus} */ link) => link.name, externalLink);
  const metrics = element('a', { href: byId('metrics').getAttribute('href') ?? '' }, 'All metrics');
  const probe = `./probe?cluster=${encodeURIComponent(name)}`;
  const own = element('a', { href: probe, title: 'Polls the cluster now' }, 'Metrics of this cluster');
  return {
    element: element(
      'nav',
      { class: 'links', 'aria-label': `Links of ${name}` },
      external,
      element('ul', {}, element('li', {}, metrics), element('li', {}, own)),
    ),
    update: ({ links }) => {
      external.hidden = links.length === 0;
      updateExternal(links);
    },
  };
}

/** @returns {Part<LinkStatus>} */
function externalLink() {
  const link = element('a', { rel: 'noreferrer' });
  return {
    element: element('li', {}, link),
    update: ({ name, url }) => {
      setAttribute(link, 'href', url);
      setText(link, `${name} ↗`);
    },
  };
}
