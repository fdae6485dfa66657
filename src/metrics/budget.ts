/** What all clusters together may take of something on the page, such as its bytes; see `createBudget`. */
export interface Budget {
  readonly max: () => number;
  /** Changes the maximum, by default to none. It applies to each cluster from its next poll on. */
  readonly resize: (max?: number) => void;
  /** The share of one cluster. */
  readonly open: () => BudgetShare;
}

export interface BudgetShare {
  /** Whether there is room for that many units of this cluster, in place of its previous ones. */
  readonly admits: (units: number) => boolean;
  readonly release: () => void;
}

/**
 * Divides a budget among the clusters. Smaller parts take precedence: if a cluster would fit without the larger ones,
 * these are refused at their next poll.
 */
export function createBudget(initialMax = Number.POSITIVE_INFINITY): Budget {
  interface Claim {
    wanted: number;
    granted: number;
  }
  let max = initialMax;
  const claims = new Set<Claim>();
  const total: Claim = { wanted: 0, granted: 0 };

  const set = (claim: Claim, wanted: number, granted: number): void => {
    total.wanted += wanted - claim.wanted;
    total.granted += granted - claim.granted;
    claim.wanted = wanted;
    claim.granted = granted;
  };

  const wantedBySmaller = (wanted: number): number => {
    let units = 0;
    for (const claim of claims) if (claim.wanted < wanted) units += claim.wanted;
    return units;
  };

  const admits = (claim: Claim, wanted: number): boolean => {
    set(claim, 0, 0);
    // Each of a thousand clusters asks at each poll: the claims are looked through only if they do not all fit.
    const isRoomForAll = total.wanted + wanted <= max;
    const isAdmitted = isRoomForAll || Math.max(total.granted, wantedBySmaller(wanted)) + wanted <= max;
    set(claim, wanted, isAdmitted ? wanted : 0);
    return isAdmitted;
  };

  return {
    max: () => max,
    resize: (next = Number.POSITIVE_INFINITY) => {
      max = next;
    },
    open: () => {
      const claim: Claim = { wanted: 0, granted: 0 };
      return {
        admits: (units) => {
          claims.add(claim);
          return admits(claim, units);
        },
        release: () => {
          set(claim, 0, 0);
          claims.delete(claim);
        },
      };
    },
  };
}
