/** The overview of all clusters: a search, a table with one page of them, and the pages. */
import { element, setText } from './dom.js';
import { listenToKeys } from './keys.js';
import { overviewTable } from './overview-table.js';
import { pager } from './pager.js';
import { overviewRoute, selected, viewIn } from './view.js';

/**
 * @import { ClusterSummary } from '../../status/cluster-summary.ts'
 * @import { Part } from './dom.js'
 * @import { View } from './view.js'
 */

/** @typedef {{ readonly clusters: readonly ClusterSummary[], readonly view: View }} Overview */

/** With at least as many clusters, there is a search. */
const minForSearch = 8;

/** @returns {Part<Overview>} */
export function overview() {
  const table = overviewTable((column, isDescending) => go({ column, isDescending, page: 1 }));
  const pages = pager((page) => go({ page }));
  const input = element('input', {
    type: 'search',
    id: 'search',
    autocomplete: 'off',
    spellcheck: 'false',
    placeholder: 'Name, problem, verdict, label',
    'aria-keyshortcuts': '/',
  });
  const shown = element('span', { class: 'muted', role: 'status' });
  const label = element('label', { for: 'search' }, 'Search');
  const key = element('kbd', { title: 'Press / to search', 'aria-hidden': 'true' }, '/');
  const search = element('div', { class: 'search', role: 'search' }, label, input, key, shown);
  const none = element(
    'p',
    { class: 'none' },
    'No cluster matches. ',
    element('a', { href: '#/' }, 'Show all clusters'),
  );
  const made = element('section', { 'aria-label': 'Overview' }, search, table.element, none, pages.element);

  input.addEventListener('input', () => {
    const view = viewIn(location.hash);
    const route = overviewRoute({ ...view, search: input.value, page: 1 });
    // Back leaves the search, and not its last letter.
    if (view.search === '') location.hash = route;
    else location.replace(route);
  });
  listenToKeys({ overview: made, search: input, pages });
  return {
    element: made,
    update: ({ clusters: all, view }) => {
      const { clusters, matching, ...place } = selected(all, view);
      if (input.value !== view.search) input.value = view.search;
      search.hidden = all.length < minForSearch && view.search === '';
      setText(shown, matching === all.length ? '' : `${matching} of ${all.length} clusters`);
      none.hidden = matching > 0;
      table.element.hidden = matching === 0;
      table.update({ clusters, view, isPaged: place.pages > 1 });
      pages.update({ ...place, matching });
    },
  };
}

/** @param {Partial<View>} change */
function go(change) {
  location.hash = overviewRoute({ ...viewIn(location.hash), ...change });
}
