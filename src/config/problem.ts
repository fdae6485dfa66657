/** One problem with the configuration. No text shows a secret. */
export interface Problem {
  /** `exporter.yml:12: clusters[1].oauth2.client_id`, `CAMUNDA_CLIENT_ID`, `--web.listen-address`. */
  readonly place: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * The configuration cannot be used. The message lists all problems, each in one line, and then the variables that are not
 * read, as a misspelt variable is often why a setting is missing.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly Problem[];

  /** Removes duplicates: a problem that several clusters have in common is reported by each of them. */
  constructor(reported: readonly Problem[], unread: readonly Notice[] = []) {
    const byLine = new Map(reported.map((problem) => [lineOf(problem), problem]));
    const noted = unread.length === 0 ? [] : ['Note:', ...unread.map(({ message }) => `  ${message}`)];
    super([['The configuration cannot be used:', ...byLine.keys()].join('\n  '), ...noted].join('\n'));
    this.problems = [...byLine.values()];
  }
}

/** Returns the problem in one line. */
export function lineOf({ place, expected, found }: Problem): string {
  return `${place}: expected ${expected}, found ${found}`;
}

/** A warning for the log. The configuration is valid. */
export interface Notice {
  readonly message: string;
  readonly variables: readonly string[];
}
