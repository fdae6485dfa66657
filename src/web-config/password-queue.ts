/** Checks of passwords, one at a time. */
export interface PasswordQueue {
  /** Undefined where there is no place, or another network that deserves it more has taken it. */
  readonly run: (network: string, check: () => Promise<boolean>) => Promise<boolean | undefined>;
}

interface Waiting {
  readonly network: string;
  readonly begin: () => void;
  readonly giveUp: () => void;
}

/** Checks that wait beside the one under way. */
const maxWaiting = 15;
/** Checks of one network, waiting or under way. */
const maxPendingOfNetwork = 4;
/** Networks whose wrong passwords are counted. */
const maxCounted = 1_000;

/**
 * The turn goes to the network that has sent the fewest wrong passwords, and the last place too: those that guess wait
 * for those that do not, however many they are.
 */
export function createPasswordQueue(): PasswordQueue {
  const wrong = createWrongCounts();
  let waiting: readonly Waiting[] = [];
  let running: string | undefined;

  const waitingOf = (network: string) => waiting.filter((each) => each.network === network).length;
  const leave = (one: Waiting) => {
    waiting = waiting.filter((each) => each !== one);
  };
  const byWrong = (one: Waiting, other: Waiting) => wrong.of(one.network) - wrong.of(other.network);
  const dropLast = () => {
    const byCount = (one: Waiting, other: Waiting) => waitingOf(one.network) - waitingOf(other.network);
    const last = waiting.toSorted((one, other) => byWrong(one, other) || byCount(one, other)).at(-1);
    if (last) leave(last);
    last?.giveUp();
  };
  const next = () => {
    const [first] = waiting.toSorted(byWrong);
    if (running !== undefined || !first) return;
    leave(first);
    running = first.network;
    first.begin();
  };
  const turn = (network: string) =>
    new Promise<boolean>((resolve) => {
      waiting = [...waiting, { network, begin: () => resolve(true), giveUp: () => resolve(false) }];
      next();
      if (waiting.length > maxWaiting) dropLast();
    });

  return {
    run: async (network, check) => {
      const own = waitingOf(network) + (running === network ? 1 : 0);
      if (own >= maxPendingOfNetwork || !(await turn(network))) return undefined;
      try {
        const isRight = await check();
        wrong.note(network, isRight);
        return isRight;
      } finally {
        running = undefined;
        next();
      }
    },
  };
}

/** How many wrong passwords networks have sent since their last right one; of those that were wrong last. */
function createWrongCounts() {
  const counts = new Map<string, number>();
  const of = (network: string) => counts.get(network) ?? 0;
  return {
    of,
    note: (network: string, isRight: boolean) => {
      const count = of(network) + 1;
      counts.delete(network);
      if (!isRight) counts.set(network, count);
      const [oldest] = counts.keys();
      if (counts.size > maxCounted && oldest !== undefined) counts.delete(oldest);
    },
  };
}
