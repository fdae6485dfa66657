/** What a connection is at. Those in the first phase are closed first. */
const phases = ['opening', 'idle', 'answering'] as const;
export type Phase = (typeof phases)[number];

export interface PlaceLimits {
  readonly connections: number;
  /** How many of these are left to networks that hold at most `few`. */
  readonly reserved: number;
  readonly few: number;
}

export interface Holder {
  /** Closes the connection and gives its place back. */
  readonly cut: () => void;
}

/** The connections of one network, those that have been in their phase longest first. */
export type Held = Readonly<Record<Phase, Set<Holder>>>;

/** The places that the connections of a server hold, by the network of the client. */
export interface Places {
  /** Where a limit is reached, first closes a connection of the network that has the most. */
  readonly take: (network: string, phase: Phase, holder: Holder) => Held;
  readonly giveBack: (network: string, phase: Phase, holder: Holder) => void;
  readonly all: () => readonly Holder[];
}

export function createPlaces({ connections, reserved, few }: PlaceLimits): Places {
  const networks = new Map<string, Held>();

  let total = 0;

  /** Whether one more connection of this network is one too many. */
  const isFull = (network: string): boolean => {
    if (total >= connections) return true;
    const own = sizeOf(networks.get(network)) + 1;
    if (own <= few) return false;
    const others = [...networks].filter(([name, held]) => name !== network && sizeOf(held) > few);
    return others.reduce((sum, [, held]) => sum + sizeOf(held), own) > connections - reserved;
  };

  return {
    take: (network, phase, holder) => {
      if (isFull(network)) firstToGo([...networks.values()])?.cut();
      const held = networks.get(network) ?? { opening: new Set(), idle: new Set(), answering: new Set() };
      held[phase].add(holder);
      total++;
      networks.set(network, held);
      return held;
    },
    giveBack: (network, phase, holder) => {
      const held = networks.get(network);
      if (!held?.[phase].delete(holder)) return;
      total--;
      if (sizeOf(held) === 0) networks.delete(network);
    },
    all: () => [...networks.values()].flatMap((held) => phases.flatMap((phase) => [...held[phase]])),
  };
}

/** Of the networks that hold the most, the connection that has been longest in the first phase. */
function firstToGo(networks: readonly Held[]): Holder | undefined {
  const most = Math.max(...networks.map(sizeOf));
  const largest = networks.filter((held) => sizeOf(held) === most);
  for (const phase of phases) {
    for (const { [phase]: holders } of largest) {
      const [oldest] = holders;
      if (oldest) return oldest;
    }
  }
  return undefined;
}

function sizeOf(held: Held | undefined): number {
  return held ? held.opening.size + held.idle.size + held.answering.size : 0;
}
