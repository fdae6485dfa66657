import type { Figure } from './figure.ts';

/** A ratio may fall to this fraction of the committed one, because the machines are noisy. */
const minFraction = 0.7;

/** Selects the value that represents the runs of a figure. */
export type Selector = (figure: Figure) => number;

const median: Selector = ({ reached }) => reached.median;
/** If the best run has fallen below the limit, so have all others. */
export const best: Selector = ({ better, reached }) => (better === 'more' ? reached.most : reached.least);

/** Returns a sentence for each committed ratio that is no longer measured. */
export function missing(committed: readonly Figure[], measured: readonly Figure[]): readonly string[] {
  const gone = committed.filter(isChecked).filter(({ what }) => !measured.some((figure) => figure.what === what));
  return gone.map(({ what }) => `${what}: expected a figure, got none`);
}

/** Returns a sentence for each ratio that has fallen too far below the committed one. */
export function falling(
  committed: readonly Figure[],
  measured: readonly Figure[],
  select: Selector = median,
): readonly string[] {
  return measured.flatMap((figure) => {
    const was = committed.find(({ what }) => what === figure.what);
    if (!was || !isChecked(was)) return [];
    const now = select(figure);
    const left = was.better === 'more' ? now / was.reached.median : was.reached.median / now;
    if (left >= minFraction) return [];
    return [
      `${was.what}: expected at least ${minFraction} of the committed ${was.reached.median.toPrecision(3)}, ` +
        `got ${now.toPrecision(3)} (${figure.detail})`,
    ];
  });
}

/** Only ratios are comparable between machines. */
function isChecked({ unit, isUnchecked }: Figure): boolean {
  return unit === 'times' && isUnchecked !== true;
}
