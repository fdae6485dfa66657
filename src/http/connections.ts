import type { Socket } from 'node:net';

/** The connections of a server, each with a deadline for what it is at. */
export interface Connections {
  /** Takes a new one in. Where there are too many, the one that deserves its place least is cut. */
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

/** The first to be cut come first. */
const phases = ['opening', 'idle', 'answering'] as const;
type Phase = (typeof phases)[number];

/** A connection that is cut is closed without a word. */
export interface ConnectionLimits {
  readonly connections: number;
  /** Requests that one connection may have sent before the first of them is answered. */
  readonly unanswered: number;
  /** Milliseconds that a connection may be at something. */
  readonly deadlines: Readonly<Record<Phase, number>>;
}

export const connectionLimits: ConnectionLimits = {
  connections: 1_024,
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

interface Member {
  readonly address: string;
  readonly cut: () => void;
}

export function createConnections(limits: ConnectionLimits): Connections {
  const at: Readonly<Record<Phase, Set<Member>>> = { opening: new Set(), idle: new Set(), answering: new Set() };
  const makeRoom = () => {
    const count = phases.reduce((sum, phase) => sum + at[phase].size, 0);
    const crowded = phases.find((phase) => at[phase].size > 0);
    if (count >= limits.connections && crowded) leastDeserving([...at[crowded]])?.cut();
  };

  const shortest = Math.min(...Object.values(limits.deadlines));
  let whenQuiet = () => {};

  return {
    open: (socket) => {
      makeRoom();
      let phase: Phase | undefined;
      let due = 0;
      let unanswered = 0;
      const leave = (next?: Phase) => {
        if (phase) at[phase].delete(member);
        phase = next;
        if (phase) at[phase].add(member);
        if (at.answering.size === 0) whenQuiet();
      };
      const cut = () => {
        leave();
        clearTimeout(look);
        socket.destroy();
      };
      const member: Member = { address: socket.remoteAddress ?? '', cut };
      const enter = (next: Phase) => {
        if (socket.destroyed) return;
        leave(next);
        due = performance.now() + limits.deadlines[next];
      };
      // A timer for each request and answer would be a good part of what a scrape costs. No phase is shorter than
      // the time to the next look, so none is missed.
      const lookAgain = (): NodeJS.Timeout =>
        setTimeout(
          () => {
            if (performance.now() >= due) cut();
            else look = lookAgain();
          },
          Math.min(Math.max(due - performance.now(), 1), shortest),
        );
      socket.once('close', () => {
        leave();
        clearTimeout(look);
      });
      enter('opening');
      let look = lookAgain();
      return {
        asked: () => {
          unanswered++;
          if (unanswered === 1) enter('answering');
          if (unanswered > limits.unanswered) cut();
          return unanswered <= limits.unanswered;
        },
        answered: () => {
          unanswered--;
          enter(unanswered === 0 ? 'idle' : 'answering');
        },
      };
    },
    cutAll: () => {
      for (const { cut } of phases.flatMap((phase) => [...at[phase]])) cut();
    },
    quiet: () =>
      new Promise((resolve) => {
        whenQuiet = resolve;
        if (at.answering.size === 0) resolve();
      }),
  };
}

/** Of the address that has the most, the one that has been there longest: others do not suffer for it. */
function leastDeserving(members: readonly Member[]): Member | undefined {
  const counts = new Map<string, number>();
  for (const { address } of members) counts.set(address, (counts.get(address) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return members.find(({ address }) => counts.get(address) === most);
}
