/** Brokers by partitions: role and health of every replica. */
import { element, keyedChildren, setAttribute, setText } from './dom.js';
import { legend } from './legend.js';
import { problemIn } from './partitions.js';
import { statusMarks } from './status.js';
import { replicaSign, replicaWords } from './words.js';

/**
 * @import { BrokerStatus, ReplicaStatus, TopologyStatus } from '../../status/status-document.ts'
 * @import { Part } from './dom.js'
 * @import { PartitionProblem } from './partitions.js'
 */

/** With at least as many partitions, columns are narrow and can be restricted to partitions with problems. */
const manyPartitions = 25;

/**
 * @typedef {{ readonly id: number, readonly problem: PartitionProblem | undefined }} Column
 * @typedef {{ readonly id: string, readonly broker?: BrokerStatus }} Row has no broker if it is missing
 */

/**
 * With many partitions, only those with problems are shown while there are any, until the user chooses or uses the grid.
 *
 * @param {string} title
 * @returns {Part<TopologyStatus>}
 */
export function grid(title) {
  const heads = element('tr');
  const body = element('tbody');
  const caption = element('caption', { class: 'visually-hidden' }, title);
  const table = element('table', { class: 'grid' }, caption, element('thead', {}, heads), body);
  const scroller = element('div', { class: 'scroller', tabindex: '0', role: 'region', 'aria-label': title }, table);
  const only = element('input', { type: 'checkbox' });
  const counts = element('span', { class: 'muted' });
  const choice = element('label', { class: 'choice' }, only, ' Only partitions with problems ', counts);
  const noProblems = element('p', {}, 'Every partition has a leader and enough healthy replicas.');
  const signs = legend();
  const made = element('div', { class: 'grid-part' }, choice, noProblems, scroller, signs.element);

  const updateTable = replaceableTable(table, heads, body);
  /** @type {TopologyStatus} */
  let topology = { brokers: [], missingBrokers: [], partitions: [] };
  let hasChosen = false;
  const isInUse = () => scroller.scrollLeft + scroller.scrollTop > 0 || scroller.contains(document.activeElement);

  const show = () => {
    const many = topology.partitions.length >= manyPartitions;
    const all = columnsOf(topology);
    const withProblem = all.filter(({ problem }) => problem);
    if (!hasChosen && !isInUse()) only.checked = withProblem.length > 0;
    const filtered = many && only.checked;
    const columns = filtered ? withProblem : all;
    setText(counts, `(${withProblem.length} of ${all.length})`);
    choice.hidden = !many;
    noProblems.hidden = !filtered || columns.length > 0;
    scroller.hidden = !noProblems.hidden;
    updateTable(columns, rowsOf(topology, filtered ? new Set(columns.map(({ id }) => id)) : undefined));
  };
  only.addEventListener('change', () => {
    hasChosen = true;
    show();
  });
  return {
    element: made,
    update: (next) => {
      topology = next;
      signs.update(next);
      show();
    },
  };
}

/**
 * Returns a function that updates the cells in place, or rebuilds the table if its columns have changed.
 *
 * @param {HTMLTableElement} table
 * @param {HTMLTableRowElement} heads
 * @param {HTMLTableSectionElement} body
 * @returns {(columns: readonly Column[], rows: readonly Row[]) => void}
 */
function replaceableTable(table, heads, body) {
  let shownIds = '';
  /** @type {(columns: readonly Column[], rows: readonly Row[]) => void} */
  let update = () => {};
  return (columns, rows) => {
    const ids = columns.map(({ id }) => id).join();
    if (ids !== shownIds) {
      shownIds = ids;
      table.classList.toggle('dense', columns.length >= manyPartitions);
      update = buildTable(heads, body, columns);
    }
    update(columns, rows);
  };
}

/**
 * @param {TopologyStatus} topology
 * @returns {readonly Column[]}
 */
function columnsOf(topology) {
  const problemOf = problemIn(topology);
  return topology.partitions.map((partition) => ({ id: partition.id, problem: problemOf(partition) }));
}

/**
 * Returns the rows ordered by id, listed and missing brokers alike.
 *
 * @param {TopologyStatus} topology
 * @param {ReadonlySet<number>} [only] if set, omits brokers without a replica of these partitions
 * @returns {readonly Row[]}
 */
function rowsOf({ brokers, missingBrokers }, only) {
  const listed = only ? brokers.filter(({ replicas }) => replicas.some(([partition]) => only.has(partition))) : brokers;
  const rows = [...listed.map((broker) => ({ id: broker.id, broker })), ...missingBrokers.map((id) => ({ id }))];
  return rows.sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));
}

/**
 * @param {HTMLTableRowElement} heads
 * @param {HTMLTableSectionElement} body
 * @param {readonly Column[]} columns
 * @returns {(columns: readonly Column[], rows: readonly Row[]) => void} for columns of the same partitions
 */
function buildTable(heads, body, columns) {
  const columnHeads = columns.map(columnHead);
  heads.replaceChildren(
    element('th', { scope: 'col', class: 'broker' }, 'Broker \\ Partition'),
    ...columnHeads.map((head) => head.element),
    element('th', { scope: 'col', class: 'address' }, 'Version and address'),
  );
  body.replaceChildren();
  const places = new Map(columns.map(({ id }, place) => [id, place]));
  const updateRows = keyedChildren(
    body,
    (/** @type {Row} */ { id, broker }) => `${broker ? 'listed' : 'missing'} ${id}`,
    ({ id, broker }) => (broker ? listedRow(places) : missingRow(id, columns.length)),
  );
  return (next, rows) => {
    for (const [place, column] of next.entries()) columnHeads[place]?.update(column);
    updateRows(rows);
  };
}

/**
 * @param {Column} column
 * @returns {Part<Column>}
 */
function columnHead({ id }) {
  const mark = element('span', { class: 'mark', 'aria-hidden': 'true' });
  const words = element('span', { class: 'visually-hidden' });
  const made = element('th', { scope: 'col' }, `${id}`, mark, words);
  return {
    element: made,
    update: ({ problem }) => {
      const text = problem ? `: ${problem.text}` : '';
      setAttribute(made, 'data-tone', problem?.tone);
      setAttribute(made, 'title', `Partition ${id}${text}`);
      setText(mark, problem ? statusMarks[problem.tone] : '');
      setText(words, text);
    },
  };
}

/**
 * @param {string} id
 * @param {number} columns
 * @returns {Part<Row>}
 */
function missingRow(id, columns) {
  const name = element('th', { scope: 'row', class: 'broker' }, element('bdi', {}, id));
  const said = element(
    'td',
    { colspan: `${columns + 1}` },
    element('span', { class: 'said' }, '▲ missing: not listed by the gateway'),
  );
  return { element: element('tr', { class: 'missing' }, name, said), update: () => {} };
}

/**
 * @param {ReadonlyMap<number, number>} places column index by partition
 * @returns {Part<Row>}
 */
function listedRow(places) {
  const name = element('bdi');
  const address = element('td', { class: 'address' });
  const cells = [...places].map(() => element('td'));
  const made = element('tr', {}, element('th', { scope: 'row', class: 'broker' }, name), ...cells, address);
  /** The text of each cell. @type {string[]} */
  const shown = cells.map(() => '');
  return {
    element: made,
    update: ({ id, broker }) => {
      if (!broker) return;
      setText(name, id);
      setText(address, [broker.version, `${broker.host}:${broker.port}`].filter((text) => text !== '').join('  '));
      /** @type {(ReplicaStatus | undefined)[]} */
      const replicas = cells.map(() => undefined);
      for (const replica of broker.replicas) {
        const place = places.get(replica[0]);
        if (place !== undefined) replicas[place] = replica;
      }
      for (const [place, replica] of replicas.entries()) {
        const next = replica ? replicaWords(replica) : '';
        const cell = cells[place];
        if (!cell || next === shown[place]) continue;
        shown[place] = next;
        showReplica(cell, id, replica);
      }
    },
  };
}

/**
 * @param {HTMLTableCellElement} cell
 * @param {string} broker
 * @param {ReplicaStatus | undefined} replica
 */
function showReplica(cell, broker, replica) {
  const [partition, role, health] = replica ?? [];
  setAttribute(cell, 'data-role', role);
  setAttribute(cell, 'data-health', health);
  setAttribute(cell, 'title', replica && `Partition ${partition} on broker ${broker}: ${replicaWords(replica)}`);
  if (!replica) return cell.replaceChildren();
  const sign = element('span', { class: 'sign', 'aria-hidden': 'true' }, replicaSign(replica));
  cell.replaceChildren(sign, element('span', { class: 'visually-hidden' }, replicaWords(replica)));
}
