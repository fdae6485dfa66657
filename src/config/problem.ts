/** One thing that is wrong: where it stands, what was expected there and what was found, without any secret. */
export interface Problem {
  /** `exporter.yml:12: clusters[1].oauth2.client_id`, `CAMUNDA_CLIENT_ID`, `--web.listen-address`. */
  readonly place: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * The configuration cannot be used. The message lists every problem, one a line, and then the variables that are not
 * read: one that is misspelt is often why a setting is missing.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly Problem[];

  /** What several clusters have in common may be reported by each of them; it is told once. */
  constructor(reported: readonly Problem[], unread: readonly Notice[] = []) {
    const byLine = new Map(reported.map((problem) => [lineOf(problem), problem]));
    const noted = unread.length === 0 ? [] : ['Note:', ...unread.map(({ message }) => `  ${message}`)];
    super([['The configuration cannot be used:', ...byLine.keys()].join('\n  '), ...noted].join('\n'));
    this.problems = [...byLine.values()];
  }
}

/** In one line. */
export function lineOf({ place, expected, found }: Problem): string {
  return `${place}: expected ${expected}, found ${found}`;
}

/** Nothing is wrong, but the operator should know: a line for the log. */
export interface Notice {
  readonly message: string;
  readonly variables: readonly string[];
}
