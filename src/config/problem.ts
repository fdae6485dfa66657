/** One problem with the configuration. No text shows a secret. */
export interface Problem {
  /** `exporter.yml:12: clusters[1].oauth2.client_id`, `CAMUNDA_CLIENT_ID`, `--web.listen-address`. */
  readonly place: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * The configuration cannot be used. The message lists all problems, one in each line and those of a file in its order,
 * and then the variables that are not read, since a misspelt variable is often why a setting is missing.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly Problem[];

  /** Removes duplicates: a problem that several clusters have in common is reported by each of them. */
  constructor(reported: readonly Problem[], unread: readonly Notice[] = []) {
    const byLine = new Map(inOrderOfFiles(reported).map((problem) => [lineOf(problem), problem]));
    const noted = unread.length === 0 ? [] : ['Note:', ...unread.map(({ message }) => `  ${message}`)];
    super([['The configuration cannot be used:', ...byLine.keys()].join('\n  '), ...noted].join('\n'));
    this.problems = [...byLine.values()];
  }
}

/** Sorts the problems of each file by line and column. The problems of other places stay where they are. */
function inOrderOfFiles(problems: readonly Problem[]): readonly Problem[] {
  const positions = problems.map((problem) => ({ problem, ...positionOf(problem) }));
  const byFile = Map.groupBy(positions, ({ file }) => file);
  const sorted = new Map([...byFile].map(([file, ofFile]) => [file, ofFile.sort(byPosition).values()]));
  return positions.map(({ problem, file }) => (file && sorted.get(file)?.next().value?.problem) || problem);
}

interface Position {
  /** Absent if the place is not in a file. */
  readonly file?: string;
  readonly line: number;
  readonly column: number;
}

function positionOf({ place }: Problem): Position {
  const [, file, line, column] = /^(.+?):(\d+)(?::(\d+))?(?:: |$)/.exec(place) ?? [];
  return { ...(file !== undefined && { file }), line: Number(line ?? 0), column: Number(column ?? 0) };
}

function byPosition(one: Position, other: Position): number {
  return one.line - other.line || one.column - other.column;
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
