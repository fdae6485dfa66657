/** What all clusters together may take of something on the page, such as its bytes; see `createBudget`. */
export interface Budget {
  readonly max: () => number;
  /** Changes the maximum. It applies to each cluster from its next poll on. */
  readonly resize: (max: number) => void;
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
export function createBudget(initialMax: number): Budget {
  interface Claim {
    readonly wanted: number;
    readonly granted: number;
  }
  let max = initialMax;
  const claims = new Map<BudgetShare, Claim>();
  let total: Claim = { wanted: 0, granted: 0 };

  const release = (share: BudgetShare): void => {
    const { wanted, granted } = claims.get(share) ?? { wanted: 0, granted: 0 };
    total = { wanted: total.wanted - wanted, granted: total.granted - granted };
    claims.delete(share);
  };

  const wantedBySmaller = (wanted: number): number => {
    let units = 0;
    for (const claim of claims.values()) if (claim.wanted < wanted) units += claim.wanted;
    return units;
  };

  const admits = (share: BudgetShare, wanted: number): boolean => {
    release(share);
    // Each of a thousand clusters asks at each poll: the claims are looked through only if they do not all fit.
    const isRoomForAll = total.wanted + wanted <= max;
    const isAdmitted = isRoomForAll || Math.max(total.granted, wantedBySmaller(wanted)) + wanted <= max;
    const granted = isAdmitted ? wanted : 0;
    claims.set(share, { wanted, granted });
    total = { wanted: total.wanted + wanted, granted: total.granted + granted };
    return isAdmitted;
  };

  return {
    max: () => max,
    resize: (next) => {
      max = next;
    },
    open: () => {
      const share: BudgetShare = {
        admits: (units) => admits(share, units),
        release: () => release(share),
      };
      return share;
    },
  };
}
