import type { Figure } from './figure.ts';

/** Of the committed ratio this much must be left: the machines are noisy. */
const enough = 0.7;

/** A sentence for each ratio that has fallen too far below the committed one, or is no longer measured. */
export function falling(committed: readonly Figure[], measured: readonly Figure[]): readonly string[] {
  return committed.filter(isChecked).flatMap((was) => {
    const is = measured.find(({ what }) => what === was.what);
    if (!is) return [`${was.what}: expected a figure, got none`];
    const left =
      was.better === 'more' ? is.reached.median / was.reached.median : was.reached.median / is.reached.median;
    if (left >= enough) return [];
    return [
      `${was.what}: expected at least ${enough} of the committed ${was.reached.median.toPrecision(3)}, ` +
        `got ${is.reached.median.toPrecision(3)} (${is.detail})`,
    ];
  });
}

/** Milliseconds and megabytes are those of one machine. The stalls' p99 needs a quiet one. */
function isChecked({ unit, what }: Figure): boolean {
  return unit === 'times' && !what.startsWith('p99');
}
