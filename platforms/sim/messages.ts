/** What packets say to routers and plain hosts. */

/** A packet as a plain host sees it. */
export type Message =
  | { kind: "echo-request"; identifier: number; sequence: number; data: Uint8Array }
  | { kind: "echo-reply"; identifier: number; sequence: number; data: Uint8Array }
  | { kind: "udp"; sourcePort: number; destinationPort: number; data: Uint8Array }
  | { kind: "neighbour-solicitation"; target: Uint8Array }
  /** The link-layer address is absent where the option is. */
  | { kind: "neighbour-advertisement"; target: Uint8Array; override: boolean; linkAddress?: Uint8Array }
  | { kind: "router-solicitation" }
  | IcmpError
  | { kind: "other" };

/** An ICMPv6 error (RFC 4443 §3), or the ICMPv4 error that says the same (RFC 792, RFC 1191). */
export interface IcmpError {
  kind: "error";
  error: ErrorName;
  code: number;
  /** Of Packet Too Big. */
  mtuBytes?: number;
  /** Of Parameter Problem: octets from the start of the packet. */
  pointer?: number;
  /** As much of the packet that it is about as fits. */
  about: Uint8Array;
}

/** What an error says, without what it is about. */
export type ErrorContent = Omit<IcmpError, "kind" | "about">;

/** Errors, of both families. */
export const ERRORS = [
  "destination-unreachable", "packet-too-big", "time-exceeded", "parameter-problem",
] as const;
export type ErrorName = (typeof ERRORS)[number];

/** Codes of Destination Unreachable and Time Exceeded that routers here use (RFC 4443 §3.1, §3.3). */
export const NO_ROUTE = 0;
export const ADDRESS_UNREACHABLE = 3;
export const HOP_LIMIT_EXCEEDED = 0;
/** Code of Parameter Problem (RFC 4443 §3.4). */
export const UNRECOGNIZED_NEXT_HEADER = 1;
