import { closestMatch } from 'leven';

/**
 * Returns the candidate that an unknown name probably means: at most three characters, and at most half of them,
 * differ, or a word in one of the two begins with the other (`listen-address`, `web.listen-address`).
 */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  const lowerCase = name.toLowerCase();
  const maxDistance = Math.min(3, Math.floor(name.length / 2));
  return (
    closestMatch(lowerCase, [...candidates], { maxDistance }) ??
    candidates.find((candidate) => isPartOf(lowerCase, candidate) || isPartOf(candidate, lowerCase))
  );
}

function isPartOf(name: string, whole: string): boolean {
  return name.length > 2 && (whole.startsWith(name) || ['.', '-', '_'].some((mark) => whole.includes(mark + name)));
}
