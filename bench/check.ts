import type { Figure } from './figure.ts';

/** Of the committed ratio this much must be left: the machines are noisy. */
const enough = 0.7;

/** Which of a figure's runs speaks for it. */
export type Spokesman = (figure: Figure) => number;

const median: Spokesman = ({ reached }) => reached.median;
/** Where this one has fallen, so has every other. */
export const best: Spokesman = ({ better, reached }) => (better === 'more' ? reached.most : reached.least);

/** A sentence for each ratio that is no longer measured. */
export function missing(committed: readonly Figure[], measured: readonly Figure[]): readonly string[] {
  const gone = committed.filter(isChecked).filter(({ what }) => !measured.some((figure) => figure.what === what));
  return gone.map(({ what }) => `${what}: expected a figure, got none`);
}

/** A sentence for each ratio that has fallen too far below the committed one. */
export function falling(
  committed: readonly Figure[],
  measured: readonly Figure[],
  spokesman: Spokesman = median,
): readonly string[] {
  return measured.flatMap((figure) => {
    const was = committed.find(({ what }) => what === figure.what);
    if (!was || !isChecked(was)) return [];
    const now = spokesman(figure);
    const left = was.better === 'more' ? now / was.reached.median : was.reached.median / now;
    if (left >= enough) return [];
    return [
      `${was.what}: expected at least ${enough} of the committed ${was.reached.median.toPrecision(3)}, ` +
        `got ${now.toPrecision(3)} (${figure.detail})`,
    ];
  });
}

/** Milliseconds and megabytes are those of one machine. The stalls' p99 needs a quiet one. */
function isChecked({ unit, what }: Figure): boolean {
  return unit === 'times' && !what.startsWith('p99');
}
