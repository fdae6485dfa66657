/** Announces changed verdicts to screen readers. */
import { byId, setText } from './dom.js';
import { counted } from './words.js';

/**
 * @import { ClusterSummary } from '../../status/cluster-summary.ts'
 * @import { Verdict } from '../../zeebe/verdict.ts'
 */

/** Limits the text that a screen reader reads at once. */
const maxAnnounced = 5;

/** @type {ReadonlyMap<string, Verdict>} */
let announced = new Map();

/** @param {readonly ClusterSummary[]} shown */
export function announce(shown) {
  const changed = shown.filter(({ name, verdict }) => announced.has(name) && announced.get(name) !== verdict);
  announced = new Map(shown.map(({ name, verdict }) => [name, verdict]));
  if (changed.length === 0) return;
  const sentences = changed.slice(0, maxAnnounced).map(({ name, verdict, findings: [worst] }) => {
    return `${name} is ${verdict}${worst ? `: ${worst.text}` : ''}.`;
  });
  const others = changed.length - sentences.length;
  if (others > 0) sentences.push(`${counted(others, 'other cluster')} changed.`);
  setText(byId('announcements'), sentences.join(' '));
}
