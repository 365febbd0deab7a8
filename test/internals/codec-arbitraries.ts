/** Packets for property tests: layers with any values, and noise behind good beginnings. */
import fc from "fast-check";
import { type FieldValue, type LayerInput, LinkType } from "../../bindings/codec.ts";
import { fromHex } from "./load-codec.ts";

const LINK_TYPES = [
  LinkType.Raw,
  LinkType.Ethernet,
  LinkType.LinuxCooked,
  LinkType.LinuxCooked2,
  LinkType.BsdNull,
  LinkType.Ipv4,
  147 as LinkType,
];

/** Headers that lead the reader far into a packet before the noise begins. */
const BEGINNINGS = [
  "",
  "60000000001087 40",
  "6000000000183c40",
  "6000000000182b40",
  "6000000000183aff",
  "6000000000182940",
  "60000000001800 01",
  "6000000000181140",
  "6000000000182c40",
  "6000000000183340",
  "45000030000000004011",
].map(fromHex);

const bytes = fc.uint8Array({ maxLength: 200 });
/** A beginning, what follows it, and the link type that it is read as. */
export const noise = fc.tuple(fc.constantFrom(...BEGINNINGS), bytes, fc.constantFrom(...LINK_TYPES));

const address = fc.uint8Array({ minLength: 16, maxLength: 16 });
const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);
export const u64 = fc.bigInt({ min: 0n, max: 0xffffffffffffffffn });
export const octets = fc.uint8Array({ minLength: 1, maxLength: 40 });

function layer(
  name: string,
  fields: Record<string, fc.Arbitrary<FieldValue>>,
  options?: fc.Arbitrary<LayerInput[]>,
) {
  return fc.record({
    name: fc.constant(name),
    fields: fc.record(fields),
    options: options ?? fc.constant([]),
  });
}

const mobilityOptions = fc.array(
  fc.oneof<fc.Arbitrary<LayerInput>[]>(
    layer("binding-refresh-advice", { refreshInterval: u16 }),
    layer("alternate-careof-address", { careofAddress: address }),
    layer("nonce-indices", { homeNonceIndex: u16, careofNonceIndex: u16 }),
    layer("mobile-network-prefix", { prefixLength: u8, prefix: address }),
    layer("mobile-node-identifier", { subtype: u8, identifier: octets }),
    layer("mobility-message-authentication", {
      subtype: u8,
      securityParametersIndex: u32,
      authenticationData: octets,
    }),
    layer("replay-protection", { timestamp: u64 }),
    layer("binding-identifier", {
      bindingIdentifier: u16,
      status: u8,
      priority: fc.nat(127),
      careofAddress: address,
    }),
    layer("ipv4-home-address", { prefixLength: fc.nat(32), requestPrefix: fc.boolean(), address: u32 }),
    layer(
      "flow-identification",
      { flowIdentifier: u16, priority: u16, status: u8 },
      fc.array(layer("traffic-selector", { trafficSelectorFormat: u8, trafficSelector: octets }), {
        maxLength: 2,
      }),
    ),
    layer("binding-authorization-data", { authenticator: fc.uint8Array({ minLength: 12, maxLength: 12 }) }),
    layer("mobility-option-222", { data: octets }),
  ),
  { maxLength: 6 },
);

const upper = fc.oneof<fc.Arbitrary<LayerInput>[]>(
  layer(
    "binding-update",
    {
      sequence: u16,
      lifetime: u16,
      acknowledge: fc.boolean(),
      homeRegistration: fc.boolean(),
      mobileRouter: fc.boolean(),
    },
    mobilityOptions,
  ),
  layer("binding-acknowledgement", { status: u8, sequence: u16, lifetime: u16 }, mobilityOptions),
  layer("binding-error", { status: u8, homeAddress: address }, mobilityOptions),
  layer("home-test", { homeNonceIndex: u16, homeInitCookie: u64, homeKeygenToken: u64 }, mobilityOptions),
  layer(
    "router-advertisement",
    { hopLimit: u8, homeAgent: fc.boolean(), routerLifetime: u16, reachableTime: u32 },
    fc.array(
      layer("prefix-information", {
        prefixLength: u8,
        onLink: fc.boolean(),
        validLifetime: u32,
        prefix: address,
      }),
      { maxLength: 3 },
    ),
  ),
  layer("home-agent-address-discovery-reply", { identifier: u16 }),
);

const extensions = fc.subarray<LayerInput>([
  { name: "hop-by-hop", options: [{ name: "router-alert", fields: { value: 0 } }] },
  { name: "routing-type2", fields: { homeAddress: "2001:db8:1::10" } },
  { name: "destination-options", options: [{ name: "home-address", fields: { address: "2001:db8:1::11" } }] },
]);

const ipv6Header = layer("ipv6", {
  source: address,
  destination: address,
  hopLimit: u8,
  trafficClass: u8,
  flowLabel: fc.nat(0xfffff),
});
/** An IPv6 header, extension headers, and a message with options. */
export const packetLayers = fc.tuple(ipv6Header, extensions, upper);
