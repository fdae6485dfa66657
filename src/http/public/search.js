/** The search in the overview. */
import { element, setText } from './dom.js';
import { overviewRoute, viewIn } from './view.js';

/** @import { Part } from './dom.js' */

/** @typedef {{ readonly text: string, readonly total: number, readonly matching: number }} Search */

/** With at least as many clusters, there is a search. */
const minForSearch = 8;

/** @returns {Part<Search> & { readonly input: HTMLInputElement }} */
export function searchField() {
  const input = element('input', {
    type: 'search',
    id: 'search',
    autocomplete: 'off',
    spellcheck: 'false',
    placeholder: 'Name, problem, verdict, label',
    'aria-keyshortcuts': '/',
  });
  const label = element('label', { for: 'search' }, 'Search');
  const key = element('kbd', { title: 'Press / to search', 'aria-hidden': 'true' }, '/');
  const shown = element('span', { class: 'muted', role: 'status' });
  const made = element('div', { class: 'search', role: 'search' }, label, input, key, shown);
  input.addEventListener('input', () => search(input.value));
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || input.value === '') return;
    event.preventDefault();
    search('');
  });
  return {
    element: made,
    input,
    update: ({ text, total, matching }) => {
      if (input.value !== text) input.value = text;
      made.hidden = total < minForSearch && text === '';
      setText(shown, matching === total ? '' : `${matching} of ${total} clusters`);
    },
  };
}

/** @param {string} text */
function search(text) {
  const view = viewIn(location.hash);
  const route = overviewRoute({ ...view, search: text, page: 1 });
  // Back leaves the search, and not its last letter.
  if (view.search === '') location.hash = route;
  else location.replace(route);
}
