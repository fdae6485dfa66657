import { isIPv4, type Socket } from 'node:net';

/** The connections of a server, each with a deadline for the phase it is in. */
export interface Connections {
  /** Registers a connection. At the limit, closes a connection of the network that has the most. */
  readonly register: (socket: Socket) => Connection;
  readonly closeAll: () => void;
  /** Resolves when no request waits for its response. */
  readonly whenIdle: () => Promise<void>;
}

export interface Connection {
  /** To be called when a request has arrived. Returns false if it is one too many: the connection has been closed. */
  readonly startRequest: () => boolean;
  /** To be called when the response has been sent, or the connection closed. */
  readonly endRequest: () => void;
}

/** A connection that violates a limit is closed without a response. */
export interface ConnectionLimits extends TableLimits {
  /** Requests that a connection may send before the first of them is answered. */
  readonly unanswered: number;
  /** Milliseconds that a connection may stay in a phase. */
  readonly deadlines: Readonly<Record<Phase, number>>;
}

export const connectionLimits: ConnectionLimits = {
  connections: 1_024,
  reserved: 128,
  few: 8,
  unanswered: 8,
  deadlines: {
    // Covers the TLS handshake and the head of the first request.
    opening: 10_000,
    // Lasts until the next request has arrived. Exceeds the usual scrape intervals, so that Prometheus can keep its
    // connection.
    idle: 130_000,
    // Lasts until the client has read the whole response. A scraper that takes longer has given up.
    answering: 60_000,
  },
};

export function createConnections(limits: ConnectionLimits): Connections {
  const table = createConnectionTable(limits);
  let answering = 0;
  let onIdle = () => {};
  const countAnswering = (change: 1 | -1) => {
    answering += change;
    if (answering === 0) onIdle();
  };
  return {
    register: (socket) => registerConnection(socket, limits, table, countAnswering),
    closeAll: () => {
      for (const { close } of table.all()) close();
    },
    whenIdle: () =>
      new Promise((resolve) => {
        onIdle = resolve;
        if (answering === 0) resolve();
      }),
  };
}

function registerConnection(
  socket: Socket,
  { deadlines, unanswered }: ConnectionLimits,
  table: ConnectionTable,
  countAnswering: (change: 1 | -1) => void,
): Connection {
  const network = clientNetwork(socket.remoteAddress);
  let phase: Phase = 'opening';
  let isOpen = true;
  const remove = () => {
    if (!isOpen) return;
    isOpen = false;
    table.remove(network, phase, entry);
    if (phase === 'answering') countAnswering(-1);
    deadline.clear();
  };
  const close = () => {
    remove();
    socket.destroy();
  };
  const entry: Entry = { close };
  const deadline = createDeadline(deadlines, close);
  const ofNetwork = table.add(network, phase, entry);
  const enter = (next: Phase) => {
    if (!isOpen) return;
    ofNetwork[phase].delete(entry);
    ofNetwork[next].add(entry);
    if (next === 'answering') countAnswering(1);
    if (phase === 'answering') countAnswering(-1);
    phase = next;
    deadline.restart(phase);
  };
  socket.once('close', remove);
  return countRequests(enter, close, unanswered);
}

/** Derives the phase from the requests, and closes the connection if too many are unanswered. */
function countRequests(enter: (phase: Phase) => void, close: () => void, maxUnanswered: number): Connection {
  let unanswered = 0;
  return {
    startRequest: () => {
      unanswered++;
      if (unanswered === 1) enter('answering');
      if (unanswered > maxUnanswered) close();
      return unanswered <= maxUnanswered;
    },
    endRequest: () => {
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
 * Calls `onMissed` when a phase has lasted too long. A timer for every request and response would be a large part of
 * the cost of a scrape. So there is one timer, which checks the deadline at intervals of at most the shortest phase.
 */
function createDeadline(deadlines: ConnectionLimits['deadlines'], onMissed: () => void): Deadline {
  const minPhase = Math.min(...Object.values(deadlines));
  let due = performance.now() + deadlines.opening;
  const scheduleCheck = (): NodeJS.Timeout =>
    setTimeout(
      () => {
        if (performance.now() >= due) onMissed();
        else timer = scheduleCheck();
      },
      Math.min(Math.max(due - performance.now(), 1), minPhase),
    );
  let timer = scheduleCheck();
  return {
    restart: (phase) => {
      due = performance.now() + deadlines[phase];
    },
    clear: () => clearTimeout(timer),
  };
}

/** What a connection is doing, in the order in which connections are closed at the limit. */
const phases = ['opening', 'idle', 'answering'] as const;
type Phase = (typeof phases)[number];

interface TableLimits {
  readonly connections: number;
  /** How many of the connections are reserved for networks that have at most `few`. */
  readonly reserved: number;
  readonly few: number;
}

interface Entry {
  /** Closes the connection and removes the entry. */
  readonly close: () => void;
}

/** The connections of one network by phase, those first that entered the phase first. */
type NetworkEntries = Readonly<Record<Phase, Set<Entry>>>;

/** The open connections of a server, by the network of the client. */
interface ConnectionTable {
  /** Adds a connection. If a limit is reached, first closes one of the network that has the most. */
  readonly add: (network: string, phase: Phase, entry: Entry) => NetworkEntries;
  readonly remove: (network: string, phase: Phase, entry: Entry) => void;
  readonly all: () => readonly Entry[];
}

function createConnectionTable({ connections, reserved, few }: TableLimits): ConnectionTable {
  const networks = new Map<string, NetworkEntries>();
  let size = 0;

  /** Whether one more connection of this network exceeds a limit. */
  const isFull = (network: string): boolean => {
    if (size >= connections) return true;
    const own = sizeOf(networks.get(network)) + 1;
    if (own <= few) return false;
    const others = [...networks].filter(([name, entries]) => name !== network && sizeOf(entries) > few);
    return others.reduce((sum, [, entries]) => sum + sizeOf(entries), own) > connections - reserved;
  };

  return {
    add: (network, phase, entry) => {
      if (isFull(network)) connectionToClose([...networks.values()])?.close();
      const entries = networks.get(network) ?? { opening: new Set(), idle: new Set(), answering: new Set() };
      entries[phase].add(entry);
      size++;
      networks.set(network, entries);
      return entries;
    },
    remove: (network, phase, entry) => {
      const entries = networks.get(network);
      if (!entries?.[phase].delete(entry)) return;
      size--;
      if (sizeOf(entries) === 0) networks.delete(network);
    },
    all: () => [...networks.values()].flatMap((entries) => phases.flatMap((phase) => [...entries[phase]])),
  };
}

/** Returns the oldest connection in the first phase that any connection of the largest networks is in. */
function connectionToClose(networks: readonly NetworkEntries[]): Entry | undefined {
  const max = Math.max(...networks.map(sizeOf));
  const largest = networks.filter((entries) => sizeOf(entries) === max);
  for (const phase of phases) {
    for (const { [phase]: entries } of largest) {
      const [oldest] = entries;
      if (oldest) return oldest;
    }
  }
  return undefined;
}

function sizeOf(entries: NetworkEntries | undefined): number {
  return entries ? entries.opening.size + entries.idle.size + entries.answering.size : 0;
}

/**
 * Returns what counts as one client: an IPv4 address, or the /64 network of an IPv6 address, as a host can use all of
 * it.
 */
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
