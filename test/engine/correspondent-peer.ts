/**
 * A correspondent node, and the mobile side of return routability without the engine: the codec for the
 * layout, Node for the hashes.
 */
import { createHash, createHmac } from "node:crypto";
import { parseAddress } from "../../bindings/address.ts";
import type { LayerInput } from "../../bindings/codec.ts";
import { CORRESPONDENT_DEFAULTS, setCorrespondent, setDevice, type CorrespondentSettings } from "../../bindings/commands.ts";
import { Role, type Budgets } from "../../bindings/engine.ts";
import { ACCESS, CAREOF, CORRESPONDENT, HOME_ADDRESS, Node } from "./harness.ts";
import { codec } from "./network.ts";
import { mobilityMessage } from "./messages.ts";

/** A second address of the correspondent node. */
export const CORRESPONDENT_2 = "2001:db8:200::6";
export const OTHER_CAREOF = "2001:db8:b::17";

/** A correspondent node with one link. */
export function correspondentNode(
  { budgets, seed = 3, addresses = [CORRESPONDENT], ...settings }:
    { budgets?: Partial<Budgets>; seed?: number; addresses?: string[] } & Partial<Omit<CorrespondentSettings, "addresses">> = {},
): Node {
  const node = new Node(Role.CorrespondentNode, budgets, seed);
  setDevice(node.engine, { index: ACCESS, kind: "access", mtu: 1500, up: true }, node.now);
  setCorrespondent(node.engine, { ...CORRESPONDENT_DEFAULTS, ...settings, addresses: addresses.map(parseAddress) }, node.now);
  return node;
}

const ipv6 = (source: string, destination: string) => ({ name: "ipv6", fields: { source, destination, hopLimit: 60 } });
export const homeAddressOption = (address: string): LayerInput =>
  ({ name: "destination-options", options: [{ name: "home-address", fields: { address } }] });

export interface TestInitOptions { destination?: string; cookie?: bigint; home?: string; options?: LayerInput[]; fields?: Record<string, number> }

/** A Home Test Init, or with `careof` a Care-of Test Init. */
export function testInit(
  kind: "home" | "careof", source: string,
  { destination = CORRESPONDENT, cookie = 0x1122334455667788n, home, options = [], fields = {} }: TestInitOptions = {},
): Uint8Array {
  return codec.encode([
    ipv6(source, destination), ...(home === undefined ? [] : [homeAddressOption(home)]),
    { name: `${kind}-test-init`, fields: { [`${kind}InitCookie`]: cookie, ...fields }, options },
  ]);
}

/** A keygen token with its nonce index. */
export interface Token { index: number; token: Uint8Array }

/** Reads a Home or Care-of Test. */
export function readTest(packet: Uint8Array): Token & { type: number; cookie: bigint } {
  const message = mobilityMessage(packet);
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  return { type: message[2], index: view.getUint16(6), cookie: view.getBigUint64(8), token: message.slice(16, 24) };
}

/** Asks the node for a token, and takes the answer out of what it sent. */
export function ask(node: Node, kind: "home" | "careof", source: string, options: TestInitOptions = {}): Token {
  node.receive(ACCESS, testInit(kind, source, options));
  const sent = node.take();
  if (sent.length !== 1) throw new Error(`${sent.length} answers to a test`);
  return readTest(sent[0].packet);
}

/** Kbm of a registration, or of a removal when there is no care-of token (RFC 6275 §5.2.5). */
export function kbm(home: Token, careof?: Token): Uint8Array {
  const hash = createHash("sha1").update(home.token);
  if (careof) hash.update(careof.token);
  return hash.digest();
}

/** The authenticator of RFC 6275 §6.2.7 over a Mobility Header that ends with it. */
export function authenticator(key: Uint8Array, careof: string, correspondent: string, message: Uint8Array): Uint8Array {
  const data = message.slice(0, -12);
  data.fill(0, 4, 6);
  return createHmac("sha1", key).update(parseAddress(careof)).update(parseAddress(correspondent)).update(data).digest().subarray(0, 12);
}

export interface UpdateOptions {
  source?: string;
  destination?: string;
  /** null: no Home Address option. */
  home?: string | null;
  alternate?: string;
  sequence?: number;
  lifetimeS?: number;
  flags?: Record<string, boolean | number>;
  homeToken: Token;
  careofToken?: Token;
  /** null: no Nonce Indices option. */
  indices?: [home: number, careof: number] | null;
  /** The authenticator instead of the right one; null: no Binding Authorization Data option. */
  data?: Uint8Array | null;
  extra?: LayerInput[];
}

/** A Binding Update to a correspondent node. */
export function bindingUpdate({
  source = CAREOF, destination = CORRESPONDENT, home = HOME_ADDRESS, alternate, sequence = 1, lifetimeS = 420, flags = {},
  homeToken, careofToken, indices = [homeToken.index, careofToken?.index ?? 0], data, extra = [],
}: UpdateOptions): Uint8Array {
  const careof = alternate ?? source;
  const isRemoval = lifetimeS === 0 || careof === (home ?? source);
  const options: LayerInput[] = [
    ...extra, ...(alternate === undefined ? [] : [{ name: "alternate-careof-address", fields: { careofAddress: alternate } }]),
    ...(indices === null ? [] : [{ name: "nonce-indices", fields: { homeNonceIndex: indices[0], careofNonceIndex: indices[1] } }]),
  ];
  const packet = (last: Uint8Array | null): Uint8Array => codec.encode([
    ipv6(source, destination), ...(home === null ? [] : [homeAddressOption(home)]),
    {
      name: "binding-update", fields: { sequence, acknowledge: true, lifetime: lifetimeS / 4, ...flags },
      options: last === null ? options : [...options, { name: "binding-authorization-data", fields: { authenticator: last } }],
    },
  ]);
  if (data !== undefined) return packet(data);
  const key = kbm(homeToken, isRemoval ? undefined : careofToken);
  const unsigned = mobilityMessage(packet(new Uint8Array(12)));
  return packet(authenticator(key, isRemoval ? home ?? source : careof, destination, unsigned));
}

/** What a Binding Acknowledgement of a correspondent node says. */
export interface Answer { source: string; destination: string; routedHome?: string; status: number; flags: number; sequence: number; lifetimeS: number; data?: Uint8Array; message: Uint8Array }

export function readAnswer(packet: Uint8Array): Answer {
  const layers = codec.dissect(packet);
  const value = (name: string, field: string) => layers.find((layer) => layer.name === name)?.fields.find((each) => each.name === field)?.value;
  const message = mobilityMessage(packet);
  if (message[2] !== 6) throw new Error(`no Binding Acknowledgement but type ${message[2]}`);
  for (const { problem } of layers) if (problem) throw new Error(problem.text);
  const hasData = message.length >= 26 && message[message.length - 14] === 5 && message[message.length - 13] === 12;
  return {
    source: value("ipv6", "source") as string, destination: value("ipv6", "destination") as string,
    routedHome: value("routing-type2", "homeAddress") as string | undefined,
    status: message[6], flags: message[7], sequence: (message[8] << 8) | message[9], lifetimeS: ((message[10] << 8) | message[11]) * 4,
    ...(hasData ? { data: message.slice(-12) } : {}), message,
  };
}

/** Takes the one acknowledgement that the node has sent. */
export function takeAnswer(node: Node): Answer {
  const sent = node.take();
  if (sent.length !== 1) throw new Error(`${sent.length} packets instead of an acknowledgement`);
  return readAnswer(sent[0].packet);
}

/** Runs return routability and binds a home address. */
export function bind(
  node: Node, { home = HOME_ADDRESS, careof = CAREOF, destination = CORRESPONDENT, ...options }: {
    home?: string; careof?: string; destination?: string; sequence?: number; lifetimeS?: number;
  } = {},
): { homeToken: Token; careofToken: Token; answer: Answer; update: Uint8Array } {
  const homeToken = ask(node, "home", home, { destination });
  const careofToken = ask(node, "careof", careof, { destination });
  const update = bindingUpdate({ ...options, home, source: careof, destination, homeToken, careofToken });
  node.receive(ACCESS, update);
  return { homeToken, careofToken, update, answer: takeAnswer(node) };
}
