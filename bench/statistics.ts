export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Returns median and range of at least one number. */
export function spread(numbers: readonly number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [least, most] = [sorted[0], sorted.at(-1)];
  const [lower, upper] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (least === undefined || most === undefined || lower === undefined || upper === undefined) {
    throw new Error('expected numbers, got none');
  }
  return { median: (lower + upper) / 2, least, most };
}

/** Runs each side `rounds` times in turn, so that a slow machine slows all sides. */
export async function interleaved<T extends string>(
  rounds: number,
  sides: Readonly<Record<T, () => Promise<number>>>,
): Promise<Readonly<Record<T, readonly number[]>>> {
  const names = Object.keys(sides) as T[];
  const results = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<T, number[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of names) results[name].push(await sides[name]());
  }
  return results;
}

/** Returns median and range of the ratios of each round. */
export function ratios(numerators: readonly number[], denominators: readonly number[]): Spread {
  return spread(numerators.map((numerator, round) => numerator / (denominators[round] ?? Number.NaN)));
}
