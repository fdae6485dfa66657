/** How much time a measurement may take. */
export interface Effort {
  readonly rounds: number;
  /** Duration of one run of wrk. */
  readonly seconds: number;
}

export const full: Effort = { rounds: 5, seconds: 2 };
export const short: Effort = { rounds: 5, seconds: 1 };
