/** The physical tenants of a cluster: a grid for each. A cluster without tenants is one grid. */
import { verdictBadge } from './badge.js';
import { element, keyedChildren, setAttribute, setText } from './dom.js';
import { grid } from './grid.js';
import { countWithoutProblem } from './partitions.js';
import { statusesBySeverity } from './status.js';
import { counted } from './words.js';

/**
 * @import { TopologyStatus } from '../../status/status-document.ts'
 * @import { Verdict } from '../../zeebe/verdict.ts'
 * @import { Part } from './dom.js'
 */

/**
 * @typedef {object} TenantPart
 * @property {string} id
 * @property {Verdict} verdict
 * @property {TopologyStatus} topology the facts of the cluster, with the partitions and replicas of the tenant alone
 * @property {boolean} isFolded unless the user chooses
 */

/** Up to as many tenants are all unfolded. */
const maxUnfolded = 3;

/**
 * @param {string} name of the cluster
 * @returns {Part<TopologyStatus>}
 */
export function tenants(name) {
  const table = grid(`Brokers of ${name} by partitions`);
  const list = element('div', { class: 'tenants' });
  const updateList = keyedChildren(
    list,
    ({ id }) => id,
    (/** @type {TenantPart} */ { id }) => tenant(name, id),
  );
  return {
    element: element('div', {}, table.element, list),
    update: (topology) => {
      const { physicalTenants } = topology;
      table.element.hidden =
        physicalTenants !== undefined || topology.partitions.length + topology.brokers.length === 0;
      if (!physicalTenants) table.update(topology);
      list.hidden = !physicalTenants;
      updateList(partsOf(topology));
    },
  };
}

/**
 * Returns the physical tenants, the worst first; empty if the topology does not tell of tenants.
 *
 * @param {TopologyStatus} topology
 * @returns {readonly TenantPart[]}
 */
export function partsOf({ physicalTenants = [], ...cluster }) {
  const isAnyBad = physicalTenants.some(({ verdict }) => verdict !== 'healthy');
  return physicalTenants
    .map(({ id, verdict, brokers, ...own }) => {
      const replicas = new Map(brokers.map((broker) => [broker.id, broker.replicas]));
      const listed = cluster.brokers.map((broker) => ({ ...broker, replicas: replicas.get(broker.id) ?? [] }));
      const isFolded = physicalTenants.length > maxUnfolded && (verdict === 'healthy' || !isAnyBad);
      return { id, verdict, isFolded, topology: { ...cluster, ...own, brokers: listed } };
    })
    .sort((a, b) => statusesBySeverity.indexOf(a.verdict) - statusesBySeverity.indexOf(b.verdict));
}

/**
 * @param {string} cluster
 * @param {string} id
 * @returns {Part<TenantPart>}
 */
function tenant(cluster, id) {
  const verdict = verdictBadge();
  const count = element('span', { class: 'muted' });
  const table = grid(`Brokers of ${cluster} by partitions of the physical tenant ${id}`);
  const heading = element('h3', {}, 'Physical tenant ', element('bdi', {}, id));
  const summary = element('summary', {}, heading, verdict.element, count);
  const made = element('details', { class: 'tenant' }, summary, table.element);
  let hasChosen = false;
  summary.addEventListener('click', () => {
    hasChosen = true;
  });
  return {
    element: made,
    update: ({ verdict: current, topology, isFolded }) => {
      setAttribute(made, 'data-tone', current);
      verdict.update(current);
      const { partitions } = topology;
      setText(
        count,
        partitions.length === 0
          ? 'no partitions'
          : `${countWithoutProblem(topology)} of ${counted(partitions.length, 'partition')} without problems`,
      );
      if (!hasChosen) made.open = !isFolded;
      table.update(topology);
    },
  };
}
