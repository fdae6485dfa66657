import { isIPv4, type Socket } from 'node:net';

/** The connections of a server, each with a deadline for what it is at. */
export interface Connections {
  /** Registers a connection. Where there are too many, closes one of the network that has the most. */
  readonly open: (socket: Socket) => Connection;
  readonly cutAll: () => void;
  /** Resolves when no request waits for its answer. */
  readonly quiet: () => Promise<void>;
}

export interface Connection {
  /** A whole request has come. False: the connection has been cut for it. */
  readonly asked: () => boolean;
  /** A request has been answered, to the last byte. */
  readonly answered: () => void;
}

/** A connection that is cut is closed without a word. */
export interface ConnectionLimits extends PlaceLimits {
  /** Requests that one connection may have sent before the first of them is answered. */
  readonly unanswered: number;
  /** Milliseconds that a connection may be at something. */
  readonly deadlines: Readonly<Record<Phase, number>>;
}

export const connectionLimits: ConnectionLimits = {
  connections: 1_024,
  reserved: 128,
  few: 8,
  unanswered: 8,
  deadlines: {
    // TLS and the head of the first request.
    opening: 10_000,
    // Until the next request is there. Above the usual scrape intervals: Prometheus keeps its connection.
    idle: 130_000,
    // Until the client has taken the whole answer: a scrape that takes longer has been given up.
    answering: 60_000,
  },
};

export function createConnections(limits: ConnectionLimits): Connections {
  const places = createPlaces(limits);
  let answering = 0;
  let whenQuiet = () => {};
  const countAnswering = (change: 1 | -1) => {
    answering += change;
    if (answering === 0) whenQuiet();
  };
  return {
    open: (socket) => openConnection(socket, limits, places, countAnswering),
    cutAll: () => {
      for (const { cut } of places.all()) cut();
    },
    quiet: () =>
      new Promise((resolve) => {
        whenQuiet = resolve;
        if (answering === 0) resolve();
      }),
  };
}

function openConnection(
  socket: Socket,
  { deadlines, unanswered }: ConnectionLimits,
  places: Places,
  countAnswering: (change: 1 | -1) => void,
): Connection {
  const network = clientNetwork(socket.remoteAddress);
  let phase: Phase = 'opening';
  let isOpen = true;
  const leave = () => {
    if (!isOpen) return;
    isOpen = false;
    places.giveBack(network, phase, holder);
    if (phase === 'answering') countAnswering(-1);
    deadline.clear();
  };
  const cut = () => {
    leave();
    socket.destroy();
  };
  const holder: Holder = { cut };
  const deadline = createDeadline(deadlines, cut);
  const held = places.take(network, phase, holder);
  const enter = (next: Phase) => {
    if (!isOpen) return;
    held[phase].delete(holder);
    held[next].add(holder);
    if (next === 'answering') countAnswering(1);
    if (phase === 'answering') countAnswering(-1);
    phase = next;
    deadline.restart(phase);
  };
  socket.once('close', leave);
  return requestsOf(enter, cut, unanswered);
}

function requestsOf(enter: (phase: Phase) => void, cut: () => void, limit: number): Connection {
  let unanswered = 0;
  return {
    asked: () => {
      unanswered++;
      if (unanswered === 1) enter('answering');
      if (unanswered > limit) cut();
      return unanswered <= limit;
    },
    answered: () => {
      unanswered--;
      enter(unanswered === 0 ? 'idle' : 'answering');
    },
  };
}

interface Deadline {
  readonly restart: (phase: Phase) => void;
  readonly clear: () => void;
}

/**
 * Calls `onMissed` once a phase has lasted longer than it may. A timer for each request and answer would be a good part
 * of what a scrape costs: there is one timer, and no phase is shorter than the time to its next look.
 */
function createDeadline(deadlines: ConnectionLimits['deadlines'], onMissed: () => void): Deadline {
  const shortest = Math.min(...Object.values(deadlines));
  let due = performance.now() + deadlines.opening;
  const lookAgain = (): NodeJS.Timeout =>
    setTimeout(
      () => {
        if (performance.now() >= due) onMissed();
        else timer = lookAgain();
      },
      Math.min(Math.max(due - performance.now(), 1), shortest),
    );
  let timer = lookAgain();
  return {
    restart: (phase) => {
      due = performance.now() + deadlines[phase];
    },
    clear: () => clearTimeout(timer),
  };
}

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

function createPlaces({ connections, reserved, few }: PlaceLimits): Places {
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

/** The network that counts as one client: an IPv4 address, or the /64 of an IPv6 address, all of which one host can use. */
export function clientNetwork(address = ''): string {
  const [withoutZone = ''] = address.split('%');
  const mapped = withoutZone.replace(/^::ffff:/i, '');
  if (isIPv4(mapped)) return mapped;
  const [left = '', right = ''] = withoutZone.split('::');
  const before = groupsOf(left);
  const after = groupsOf(right);
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}

function groupsOf(part: string): readonly string[] {
  return part === '' ? [] : part.split(':');
}
