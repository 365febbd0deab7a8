/** Events that a person reads more easily as a sentence than by their fields: those of RFC 5555. */
import { encapsulationText, obstacleText } from "../../../bindings/path-names.ts";
import type { UplinkStatus } from "../../../bindings/status.ts";
import type { DaemonEvent } from "../daemon.ts";

type Fields = DaemonEvent["fields"];
type Encapsulation = UplinkStatus["encapsulation"];
type Obstacle = UplinkStatus["paths"][Encapsulation];

const SENTENCES: Partial<Readonly<Record<DaemonEvent["name"], (fields: Fields) => string>>> = {
  PathChosen: ({ encapsulation, before, obstacle }) => {
    const [now, last] = [encapsulation, before] as Encapsulation[];
    const why = obstacleText(obstacle as Obstacle, last);
    const from = last === now ? "" : ` in place of ${encapsulationText(last)}`;
    return `packets go by ${encapsulationText(now)}${from}${why === undefined || last === now ? "" : `: ${why}`}`;
  },
  NatDetected: ({ nat, keepaliveS }) => (
    nat ? `there is a NAT, which hears of this node every ${keepaliveS} s at least` : "there is no NAT"
  ),
  MappingChanged: ({ homeAddress, careofAddress, port, silenceS, adviceS }) => (
    `the NAT of ${homeAddress} has given it port ${port} of ${careofAddress} after ${silenceS} s of silence; ` +
    `${adviceS} s are advised now`
  ),
  Ipv4HomeAddress: ({ homeAddress, ipv4HomeAddress, meaning }) => (
    ipv4HomeAddress === "::"
      ? `${homeAddress} has no IPv4 home address: ${meaning}`
      : `${homeAddress} has the IPv4 home address ${ipv4HomeAddress}`
  ),
  Ipv4Uplink: ({ address }) => (address === "::" ? "the uplink has no IPv4 address any more" : `IPv4 address ${address}`),
  ProbeAnswered: ({ number, seenAddress, seenPort, roundTripMs }) => (
    `probe ${number} was answered after ${roundTripMs} ms; the home agent saw ${seenAddress}${
      Number(seenPort) === 0 ? "" : `, port ${seenPort}`}`
  ),
};

/** An event in words; undefined: its fields say it well enough. */
export function eventSentence({ name, fields }: Pick<DaemonEvent, "name" | "fields">): string | undefined {
  return SENTENCES[name]?.(fields);
}
