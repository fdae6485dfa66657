/** The facts of a cluster: brokers, partitions, versions, last poll, authentication. */
import { element, setAttribute, setText } from './dom.js';
import { clockTime, duration, relativeTime } from './times.js';
import { brokersListed, counted, partitionsWithoutProblem, versionsOf } from './words.js';

/**
 * @import { ClusterStatus } from '../../status/status-document.ts'
 * @import { Part } from './dom.js'
 */

/** @returns {Part<ClusterStatus>} */
export function facts() {
  const parts = [brokers(), partitions(), versions(), lastPoll(), authentication()];
  return {
    element: element('dl', { class: 'facts' }, ...parts.map((part) => part.element)),
    update: (cluster) => {
      for (const part of parts) part.update(cluster);
    },
  };
}

/**
 * @param {string} name
 * @param {readonly (Node | string)[]} content
 */
function fact(name, ...content) {
  return element('div', {}, element('dt', {}, name), element('dd', {}, ...content));
}

/**
 * @param {HTMLElement} target
 * @param {string | undefined} figure
 */
function showFigure(target, figure) {
  setText(target, figure ?? 'unknown');
  setAttribute(target, 'class', figure === undefined ? 'muted' : 'figure');
}

/** A bar that shows a count as a share of a total. */
function share() {
  const part = element('span');
  const made = element('span', { class: 'share', 'aria-hidden': 'true' }, part);
  return {
    element: made,
    /**
     * @param {number} count
     * @param {number} total
     */
    update: (count, total) => {
      made.hidden = total === 0;
      part.style.width = `${(100 * Math.min(count, total)) / total}%`;
      setAttribute(made, 'data-tone', count < total ? 'degraded' : 'healthy');
    },
  };
}

/** @returns {Part<ClusterStatus>} */
function brokers() {
  const content = element('span');
  const bar = share();
  const id = element('p', { class: 'muted' });
  return {
    element: fact('Brokers', content, bar.element, id),
    update: (cluster) => {
      const { listed = 0, expected = 0 } = cluster.brokerCount ?? {};
      const { clusterId } = cluster.topology ?? {};
      showFigure(content, brokersListed(cluster));
      bar.update(listed, expected);
      id.hidden = clusterId === undefined;
      setText(id, clusterId === undefined ? '' : `cluster id ${clusterId}`);
    },
  };
}

/** @returns {Part<ClusterStatus>} */
function partitions() {
  const content = element('span');
  const replicas = element('span', { class: 'muted' });
  const bar = share();
  return {
    element: fact('Partitions without problems', content, ' ', replicas, bar.element),
    update: (cluster) => {
      const { replicationFactor, physicalTenants } = cluster.topology ?? {};
      const { total = 0, withoutProblem = 0 } = cluster.partitionCount ?? {};
      showFigure(content, partitionsWithoutProblem(cluster));
      const inTenants = physicalTenants ? `in ${counted(physicalTenants.length, 'physical tenant')}` : '';
      setText(replicas, replicationFactor === undefined ? inTenants : `× ${replicationFactor} replicas`);
      bar.update(withoutProblem, total);
    },
  };
}

/** @returns {Part<ClusterStatus>} */
function versions() {
  const content = element('span');
  const who = element('span');
  const skew = element('p', { class: 'warning' }, '▲ different versions');
  return {
    element: fact('Versions', content, ' ', who, ' ', skew),
    update: ({ topology }) => {
      const all = topology ? versionsOf(topology) : [];
      const [first] = all;
      const differ = all.map(({ version, who }) => `${version} (${who})`).join(', ');
      showFigure(content, all.length > 1 ? '' : first?.version);
      setText(who, all.length > 1 ? differ : all.length === 1 ? 'brokers and gateway' : '');
      setAttribute(who, 'class', all.length > 1 ? undefined : 'muted');
      skew.hidden = all.length < 2;
    },
  };
}

/** @returns {Part<ClusterStatus>} */
function lastPoll() {
  const outcome = element('span', { class: 'figure' });
  const ended = relativeTime('ago');
  const rhythm = element('span', { class: 'muted' });
  const success = element('p');
  return {
    element: fact('Last poll', outcome, ' ', ended.element, ' ', rhythm, success),
    update: ({ lastPoll, lastSuccessAt, pollInterval }) => {
      const { failure, endedAt, httpStatus } = lastPoll ?? {};
      setText(outcome, !lastPoll ? 'none yet' : failure ? `✕ failed (${failure.reason})` : 'succeeded');
      setAttribute(outcome, 'class', failure ? 'figure alarm' : 'figure');
      ended.update(endedAt);
      const status = failure && httpStatus !== undefined ? `HTTP ${httpStatus}, ` : '';
      const interval = pollInterval === 0 ? 'only by requests for /probe' : `every ${duration(pollInterval)}`;
      setText(rhythm, `(${status}${interval})`);
      success.hidden = !failure;
      setText(
        success,
        lastSuccessAt === undefined ? 'no poll has succeeded yet' : `last success at ${clockTime(lastSuccessAt)}`,
      );
    },
  };
}

const methods = { none: 'none', basic: 'HTTP Basic', oauth2: 'OAuth 2' };

/** @returns {Part<ClusterStatus>} */
function authentication() {
  const method = element('span', { class: 'figure' });
  const token = element('span');
  const expiry = relativeTime('expiry');
  const problem = element('p');
  return {
    element: fact('Authentication', method, token, expiry.element, problem),
    update: ({ authentication: { method: name, up, failure, token: times } }) => {
      const works = up === undefined ? 'not tried yet' : up ? 'works' : 'fails';
      setText(method, name === 'none' && up !== false ? methods.none : `${methods[name]}, ${works}`);
      const hasExpiry = times?.expiresAt !== undefined;
      setText(token, times ? `; the token ${hasExpiry ? '' : 'has no expiry'}` : '');
      expiry.update(times?.expiresAt);
      problem.hidden = !failure;
      setAttribute(problem, 'class', up ? 'warning' : 'alarm');
      setText(problem, failure ? `${up ? '▲' : '✕'} ${failure.reason}` : '');
    },
  };
}
