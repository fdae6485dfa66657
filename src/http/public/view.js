/** What the overview shows of the clusters, as stated in the page's address: links, Back and Reload keep it. */
import { columnOf, columns, sorted } from './columns.js';
import { statusesBySeverity, statusOf } from './status.js';
import { problemsOf } from './words.js';

/**
 * @import { ClusterSummary } from '../../status/cluster-summary.ts'
 * @import { Column } from './columns.js'
 * @import { Status } from './status.js'
 */

/**
 * @typedef {object} View
 * @property {string} search
 * @property {Status | undefined} status the only one that is shown
 * @property {Column} column by which the clusters are sorted
 * @property {boolean} isDescending
 * @property {number} page from 1
 */

/**
 * @typedef {object} Selected
 * @property {readonly ClusterSummary[]} clusters those of the page
 * @property {number} first the number of the first one among those that match, from 1
 * @property {number} last
 * @property {number} matching how many clusters match, on all pages
 * @property {number} page
 * @property {number} pages
 */

const pageSize = 50;

/** @type {View} */
export const initialView = { search: '', status: undefined, column: 'verdict', isDescending: true, page: 1 };

/** @param {View} view */
export function overviewRoute({ search, status, column, isDescending, page }) {
  const parameters = new URLSearchParams();
  if (search !== '') parameters.set('search', search);
  if (status !== undefined) parameters.set('status', status);
  const isInitialOrder = column === initialView.column && isDescending === initialView.isDescending;
  if (!isInitialOrder) {
    parameters.set('sort', column);
    parameters.set('order', isDescending ? 'descending' : 'ascending');
  }
  if (page !== 1) parameters.set('page', `${page}`);
  return parameters.size === 0 ? '#/' : `#/?${parameters}`;
}

/**
 * Returns the view in an address. What it lacks, or states in a wrong way, is as in the initial view.
 *
 * @param {string} hash
 * @returns {View}
 */
export function viewIn(hash) {
  const [, query = ''] = /^#\/\?(.*)$/.exec(hash) ?? [];
  const parameters = new URLSearchParams(query);
  const { id: column, startsDescending } =
    columns.find(({ id }) => id === parameters.get('sort')) ?? columnOf(initialView.column);
  const order = parameters.get('order');
  const page = Number(parameters.get('page') ?? 1);
  return {
    search: parameters.get('search') ?? '',
    status: statusesBySeverity.find((status) => status === parameters.get('status')),
    column,
    isDescending: order === 'descending' || (order !== 'ascending' && startsDescending),
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
  };
}

/**
 * Returns the clusters to show. If there are fewer pages than the address states, it is the last one.
 *
 * @param {readonly ClusterSummary[]} all
 * @param {View} view
 * @returns {Selected}
 */
export function selected(all, view) {
  const { search, status } = view;
  const matching = all.filter((each) => (status === undefined || statusOf(each) === status) && matches(each, search));
  const pages = Math.max(1, Math.ceil(matching.length / pageSize));
  const page = Math.min(view.page, pages);
  const start = (page - 1) * pageSize;
  const clusters = sorted(matching, view).slice(start, start + pageSize);
  return { clusters, first: start + 1, last: start + clusters.length, matching: matching.length, page, pages };
}

/**
 * Whether the status begins with the text, or the name, a problem or a label contains it.
 *
 * @param {ClusterSummary} cluster
 * @param {string} search
 */
function matches(cluster, search) {
  const text = search.trim().toLowerCase();
  if (text === '' || statusOf(cluster).startsWith(text)) return true;
  const texts = [cluster.name, labelsOf(cluster), ...problemsOf(cluster).map((problem) => problem.text)];
  return texts.join('\n').toLowerCase().includes(text);
}

/** @param {ClusterSummary} cluster */
export function labelsOf({ labels = {} }) {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}
