/** Mobility messages made and signed without the engine: the codec for the layout, Node for the HMAC. */
import { createHmac } from "node:crypto";
import { parseAddress } from "../../bindings/address.ts";
import type { LayerInput } from "../../bindings/codec.ts";
import { CAREOF, EPOCH, HOME_ADDRESS, HOME_AGENT, SECURITY } from "./harness.ts";
import { codec } from "./network.ts";

/** Unix ms as an NTP timestamp, with these low 22 bits. */
export function ntp(unixMs: number, low = 0): bigint {
  const seconds = Math.floor(unixMs / 1000);
  const fraction = Math.floor(((unixMs - seconds * 1000) / 1000) * 2 ** 32);
  return (BigInt(seconds + 2208988800) << 32n) | (BigInt(fraction) & ~0x3fffffn) | BigInt(low);
}

export interface BindingUpdateOptions {
  source?: string;
  destination?: string;
  /** null: no Home Address option. */
  home?: string | null;
  /** null: no Alternate Care-of Address option. */
  alternate?: string | null;
  sequence?: number;
  lifetimeS?: number;
  flags?: Record<string, boolean>;
  identity?: string | null;
  spi?: number;
  key?: Uint8Array | null;
  /** null: none. */
  timestamp?: bigint | null;
  /** Options before the authentication option. */
  extra?: LayerInput[];
}

const KEY = (SECURITY as { key: Uint8Array }).key;

/** A Binding Update as car17@example.org sends it at monotonic ms 1000. */
export function bindingUpdate({
  source = CAREOF, destination = HOME_AGENT, home = HOME_ADDRESS, alternate = source, sequence = 100, lifetimeS = 600,
  flags = {}, identity = "car17@example.org", spi = 300, key = KEY, timestamp = ntp(EPOCH + 1000), extra = [],
}: BindingUpdateOptions = {}): Uint8Array {
  const options: LayerInput[] = [...extra];
  if (alternate !== null) options.push({ name: "alternate-careof-address", fields: { careofAddress: alternate } });
  if (identity !== null) options.push({ name: "mobile-node-identifier", fields: { subtype: 1, identifier: new TextEncoder().encode(identity) } });
  if (timestamp !== null) options.push({ name: "replay-protection", fields: { timestamp } });
  const layers = (authenticationData?: Uint8Array): LayerInput[] => [
    { name: "ipv6", fields: { source, destination, hopLimit: 64 } },
    ...(home === null ? [] : [{ name: "destination-options", options: [{ name: "home-address", fields: { address: home } }] }]),
    {
      name: "binding-update", fields: { sequence, acknowledge: true, homeRegistration: true, ...flags, lifetime: lifetimeS / 4 },
      options: key === null ? options : [...options, {
        name: "mobility-message-authentication",
        fields: { subtype: 1, securityParametersIndex: spi, authenticationData: authenticationData ?? new Uint8Array(12) },
      }],
    },
  ];
  const unsigned = codec.encode(layers());
  if (key === null) return unsigned;
  const careof = alternate ?? source;
  return codec.encode(layers(sign(unsigned, careof, home ?? source, key)));
}

/** The authentication data of the message in a packet (RFC 4285 §5.1), computed anew. */
export function sign(packet: Uint8Array, careof: string, home: string, key: Uint8Array = KEY): Uint8Array {
  const message = mobilityMessage(packet).slice();
  message.fill(0, 4, 6);
  const data = message.subarray(0, authenticationDataOffset(message));
  const mac = createHmac("sha1", key).update(parseAddress(careof)).update(parseAddress(home)).update(data).digest();
  return new Uint8Array(mac.subarray(0, 12));
}

/** The Mobility Header of a packet. */
export function mobilityMessage(packet: Uint8Array): Uint8Array {
  const layer = codec.dissect(packet).find(({ fields }) => fields.some(({ name }) => name === "payloadProto"));
  if (!layer) throw new Error("no Mobility Header");
  return packet.subarray(layer.offset, layer.offset + (packet[layer.offset + 1] + 1) * 8);
}

/** Where the data of the authentication option begin. */
export function authenticationDataOffset(message: Uint8Array): number {
  for (let at = message[2] === 5 || message[2] === 6 ? 12 : 8; at < message.length; at += message[at] === 0 ? 1 : 2 + message[at + 1]) {
    if (message[at] === 9) return at + 7;
  }
  throw new Error("no authentication option");
}

/** What a Binding Acknowledgement says. */
export interface Acknowledgement {
  source: string;
  destination: string;
  routedHome?: string;
  status: number;
  sequence: number;
  lifetimeS: number;
  timestamp?: bigint;
  refreshS?: number;
  signed: boolean;
  problems: string[];
}

/** Reads a Binding Acknowledgement, checking its authentication data for `careof`. */
export function readAcknowledgement(packet: Uint8Array, careof = CAREOF, home = HOME_ADDRESS): Acknowledgement {
  const layers = codec.dissect(packet);
  const of = (name: string) => layers.find((layer) => layer.name === name);
  const value = (layer: ReturnType<typeof of>, name: string) => layer?.fields.find((field) => field.name === name)?.value;
  const ipv6 = of("ipv6");
  const routing = layers.find((layer) => layer.name.startsWith("routing"));
  const message = of("binding-acknowledgement");
  if (!message) throw new Error(`not a Binding Acknowledgement: ${layers.map((layer) => layer.name)}`);
  const option = (name: string) => message.options.find((each) => each.name === name);
  const data = value(option("mobility-message-authentication"), "authenticationData") as Uint8Array | undefined;
  const refresh = value(option("binding-refresh-advice"), "refreshInterval") as number | undefined;
  return {
    source: value(ipv6, "source") as string,
    destination: value(ipv6, "destination") as string,
    routedHome: value(routing, "homeAddress") as string | undefined,
    status: value(message, "status") as number,
    sequence: value(message, "sequence") as number,
    lifetimeS: (value(message, "lifetime") as number) * 4,
    timestamp: value(option("replay-protection"), "timestamp") as bigint | undefined,
    refreshS: refresh === undefined ? undefined : refresh * 4,
    signed: data !== undefined && Buffer.from(data).equals(Buffer.from(sign(packet, careof, home))),
    problems: layers.flatMap((layer) => (layer.problem ? [layer.problem.reason] : [])).map(String),
  };
}
