/** Compares items by identity unless `isSame` compares them. */
export function sameItems<T>(
  a: readonly T[],
  b: readonly T[],
  isSame: (one: T, other: T) => boolean = (one, other) => one === other,
): boolean {
  return a.length === b.length && a.every((one, index) => isSame(one, b[index] as T));
}
