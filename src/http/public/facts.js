/** The facts of a cluster: sizes, versions, last poll, authentication. */
import { element, setAttribute, setText } from './dom.js';
import { clockTime, duration, relativeTime } from './times.js';
import { versionsOf } from './words.js';

/**
 * @import { ClusterStatus } from '../../status/status-document.ts'
 * @import { Part } from './dom.js'
 */

/** @returns {Part<ClusterStatus>} */
export function facts() {
  const parts = [sizes(), versions(), lastPoll(), authentication()];
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

/** @returns {Part<ClusterStatus>} */
function sizes() {
  const content = element('span');
  const id = element('span', { class: 'muted' });
  return {
    element: fact('Size', content, ' ', id),
    update: ({ topology }) => {
      const { brokers, clusterSize, partitionsCount, replicationFactor, clusterId } = topology ?? {};
      const known = clusterSize !== undefined && partitionsCount !== undefined && replicationFactor !== undefined;
      const sizes = `${brokers?.length} of ${clusterSize} brokers, ${partitionsCount} partitions × ${replicationFactor} replicas`;
      setText(content, known ? sizes : 'unknown');
      setText(id, clusterId === undefined ? '' : `cluster id ${clusterId}`);
    },
  };
}

/** @returns {Part<ClusterStatus>} */
function versions() {
  const content = element('span');
  const skew = element('span');
  return {
    element: fact('Versions', content, ' ', skew),
    update: ({ topology }) => {
      const all = topology ? versionsOf(topology) : [];
      const [first] = all;
      const one = all.length === 1 ? `${first?.version}, brokers and gateway` : '';
      const differ = all.map(({ version, who }) => `${version} (${who})`).join(', ');
      setText(content, all.length === 0 ? 'unknown' : one || differ);
      setText(skew, all.length > 1 ? '▲ different versions' : '');
      setAttribute(skew, 'class', all.length > 1 ? 'warning' : undefined);
    },
  };
}

/** @returns {Part<ClusterStatus>} */
function lastPoll() {
  const outcome = element('span');
  const ended = relativeTime('ago');
  const rhythm = element('span', { class: 'muted' });
  const success = element('p');
  return {
    element: fact('Last poll', outcome, ' ', ended.element, ' ', rhythm, success),
    update: ({ lastPoll, lastSuccessAt, pollInterval }) => {
      const { failure, endedAt, httpStatus } = lastPoll ?? {};
      setText(outcome, !lastPoll ? 'none yet' : failure ? `✕ failed (${failure.reason})` : 'succeeded');
      setAttribute(outcome, 'class', failure ? 'alarm' : undefined);
      ended.update(endedAt);
      const status = failure && httpStatus !== undefined ? `HTTP ${httpStatus}, ` : '';
      setText(rhythm, `(${status}every ${duration(pollInterval)})`);
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
  const method = element('span');
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
