/** The problems of a cluster, each with what to do and its runbook. */
import { element, keyedChildren, setAttribute, setText } from './dom.js';
import { runbookOf } from './runbooks.js';
import { statusMarks, statusOf } from './status.js';
import { capitalized, problemsOf } from './words.js';

/**
 * @import { ClusterSummary } from '../../status/cluster-summary.ts'
 * @import { Part } from './dom.js'
 * @import { Status } from './status.js'
 * @import { Problem } from './words.js'
 */

/** @typedef {{ readonly problem: Problem, readonly tone: Status, readonly runbook: string | undefined }} Entry */

/**
 * The problems, and a sentence if the verdict is healthy.
 *
 * @returns {Part<ClusterSummary>}
 */
export function problemList() {
  const healthy = element(
    'p',
    { class: 'healthy' },
    'All brokers are listed, and every partition has a leader and enough healthy replicas.',
  );
  const list = element('ul', { class: 'problems' });
  const updateList = keyedChildren(list, ({ problem }) => problem.text, entry);
  return {
    element: element('div', { class: 'findings' }, healthy, list),
    update: (cluster) => {
      const problems = problemsOf(cluster);
      const isPending = statusOf(cluster) === 'pending';
      healthy.hidden = cluster.findings.length > 0;
      list.hidden = problems.length === 0;
      updateList(
        problems.map((problem) => ({
          problem,
          tone: isPending ? 'pending' : problem.verdict,
          runbook: runbookOf(problem, cluster),
        })),
      );
    },
  };
}

/** @returns {Part<Entry>} */
function entry() {
  const mark = element('span', { class: 'mark', 'aria-hidden': 'true' });
  const text = element('span');
  const link = element('a', { class: 'runbook', rel: 'noreferrer' }, 'Runbook');
  const remedy = element('p', { class: 'remedy' });
  const made = element('li', {}, mark, text, ' ', link, remedy);
  return {
    element: made,
    update: ({ problem, tone, runbook }) => {
      setAttribute(made, 'data-tone', tone);
      setText(mark, statusMarks[tone]);
      setText(text, capitalized(problem.text));
      link.hidden = runbook === undefined;
      setAttribute(link, 'href', runbook);
      remedy.hidden = problem.remedy === undefined;
      setText(remedy, problem.remedy === undefined ? '' : `What to do: ${problem.remedy}`);
    },
  };
}
