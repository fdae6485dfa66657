/** The overview of all clusters: a search, a table with one page of them, and the pages. */
import { element } from './dom.js';
import { listenToKeys } from './keys.js';
import { overviewTable } from './overview-table.js';
import { pager } from './pager.js';
import { searchField } from './search.js';
import { overviewRoute, selected, viewIn } from './view.js';

/**
 * @import { ClusterSummary } from '../../status/cluster-summary.ts'
 * @import { Part } from './dom.js'
 * @import { View } from './view.js'
 */

/** @returns {Part<{ readonly clusters: readonly ClusterSummary[], readonly view: View }>} */
export function overview() {
  const search = searchField();
  const table = overviewTable((column, isDescending) => go({ column, isDescending, page: 1 }));
  const pages = pager((page) => go({ page }));
  const all = element('a', { href: '#/' }, 'Show all clusters');
  const none = element('p', { class: 'none' }, 'No cluster matches. ', all);
  const empty = element('p', { class: 'none' }, 'This exporter polls no cluster.');
  const made = element(
    'section',
    { 'aria-label': 'Overview' },
    search.element,
    table.element,
    none,
    empty,
    pages.element,
  );
  listenToKeys({ overview: made, search: search.input, pages });
  return {
    element: made,
    update: ({ clusters: all, view }) => {
      const { clusters, matching, ...place } = selected(all, view);
      search.update({ text: view.search, total: all.length, matching });
      table.element.hidden = matching === 0;
      none.hidden = matching > 0 || all.length === 0;
      empty.hidden = all.length > 0;
      table.update({ clusters, view, isPaged: place.pages > 1 });
      pages.update({ ...place, matching });
    },
  };
}

/** @param {Partial<View>} change */
function go(change) {
  location.hash = overviewRoute({ ...viewIn(location.hash), ...change });
}
