/** Return routability as a mobile node and a correspondent see it on the wire: the codec and Node's own crypto. */
import { createHash, createHmac } from "node:crypto";
import { parseAddress } from "../../bindings/address.ts";
import { Codec, type LayerInput } from "../../bindings/codec.ts";
import { module } from "../engine/harness.ts";

export const codec = new Codec(module);

/** A test or its answer, read. */
export interface TestAnswer {
  kind: "home" | "careof";
  index: number;
  cookie: bigint;
  token: bigint;
}

/** A Home Test Init from `source` (the home address) or a Care-of Test Init from a care-of address. */
export function testInit(kind: TestAnswer["kind"], source: string, correspondent: string, cookie: bigint): Uint8Array {
  return codec.encode([
    { name: "ipv6", fields: { source, destination: correspondent, hopLimit: 64 } },
    kind === "home"
      ? { name: "home-test-init", fields: { homeInitCookie: cookie } }
      : { name: "careof-test-init", fields: { careofInitCookie: cookie } },
  ]);
}

/** Kbm of §5.2.5. */
export function bindingManagementKey(homeToken: bigint, careofToken?: bigint): Uint8Array {
  const hash = createHash("sha1").update(octets(homeToken));
  if (careofToken !== undefined) hash.update(octets(careofToken));
  return hash.digest();
}

function octets(token: bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, token);
  return new Uint8Array(view.buffer);
}

export interface PeerUpdate {
  homeAddress: string;
  /** The packet's source; the home address itself: no Home Address option. */
  source: string;
  alternate?: string;
  correspondent: string;
  sequence: number;
  lifetimeUnits: number;
  acknowledge: boolean;
  homeRegistration?: boolean;
  indices?: { home: number; careof: number };
  /** Undefined: no Binding Authorization Data. */
  key?: Uint8Array;
}

/** A Binding Update to a correspondent node (§6.1.7, §6.2.7). */
export function peerUpdate(update: PeerUpdate): Uint8Array {
  const { homeAddress, source, alternate, correspondent, key, indices } = update;
  const layers = (authenticator: Uint8Array): LayerInput[] => [
    { name: "ipv6", fields: { source, destination: correspondent, hopLimit: 64 } },
    ...(source === homeAddress
      ? []
      : [{ name: "destination-options", options: [{ name: "home-address", fields: { address: homeAddress } }] }]),
    {
      name: "binding-update",
      fields: {
        sequence: update.sequence, acknowledge: update.acknowledge,
        homeRegistration: update.homeRegistration ?? false, lifetime: update.lifetimeUnits,
      },
      options: [
        ...(alternate ? [{ name: "alternate-careof-address", fields: { careofAddress: alternate } }] : []),
        ...(indices ? [{ name: "nonce-indices", fields: { homeNonceIndex: indices.home, careofNonceIndex: indices.careof } }] : []),
        ...(key ? [{ name: "binding-authorization-data", fields: { authenticator } }] : []),
      ],
    },
  ];
  const plain = codec.encode(layers(new Uint8Array(12)));
  if (!key) return plain;
  // §6.2.7: to end a binding, the home address stands in place of the care-of address
  const careof = alternate ?? source;
  const removal = update.lifetimeUnits === 0 || careof === homeAddress;
  return codec.encode(layers(authenticatorOf(plain, key, removal ? homeAddress : careof, correspondent)));
}

/** The authenticator of §6.2.7 over the Mobility Header of a packet, whose last 12 octets it is. */
export function authenticatorOf(packet: Uint8Array, key: Uint8Array, careof: string, correspondent: string): Uint8Array {
  const layer = codec.dissect(packet).find(({ fields }) => fields.some(({ name }) => name === "payloadProto"));
  if (!layer) throw new Error("no Mobility Header");
  const message = packet.slice(layer.offset, layer.offset + (packet[layer.offset + 1] + 1) * 8);
  message.fill(0, 4, 6);
  const mac = createHmac("sha1", key)
    .update(parseAddress(careof)).update(parseAddress(correspondent)).update(message.subarray(0, -12)).digest();
  return new Uint8Array(mac.subarray(0, 12));
}
