/**
 * A receiver made of the wire layer alone: checks a packet in the order of the protocol, and then
 * calls every getter that the checks have promised to be safe.
 */
import { Icmpv6Type, MobilityHeaderType, NextHeader } from "../../core-as/abi/codes.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import type { Wire } from "../internals/load-wire.ts";

/** Where the options of a mobility message begin, by MH Type. */
const MOBILITY_OPTIONS = [8, 16, 16, 24, 24, 12, 12, 24];

export interface Received {
  /** The first refusal, by name. */
  reason: string;
  /** The upper layer, when the extension headers were accepted. */
  protocol?: number;
  /** MH Type or ICMPv6 type, when the packet was long enough for one. */
  type?: number;
  /** Mobility options by type, in their order, without padding. */
  options?: number[];
  /** Pointer to the upper layer. */
  at?: number;
}

/** Receives the packet of `length` octets at `p`. A trap is thrown on as it is. */
export function receive(wire: Wire, p: number, length: number): Received {
  const { ip6, extension, routing2 } = wire.files;
  const verdict = ip6.check(p, length);
  if (verdict !== Reason.None) return { reason: Reason[verdict] };
  const walked = extension.walk(p, ip6.totalLength(p));
  extension.errorCode();
  extension.errorPointer();
  if (walked !== Reason.None) return { reason: Reason[walked] };
  extension.refuseOtherRouting();

  const protocol = extension.upperProtocol();
  const at = p + extension.upperOffset();
  const upperLength = extension.upperLength();
  if (extension.isLaterFragment()) return { reason: "None", protocol, at };
  let [source, destination] = [ip6.source(p), ip6.destination(p)];
  if (extension.homeAddressOption() !== 0) source = extension.homeAddress(p);
  const routing = extension.routingHeaderOffset();
  if (routing !== 0) destination = routing2.homeAddress(p + routing);

  if (protocol === NextHeader.Mobility) return receiveMobility(wire, at, upperLength, source, destination);
  if (protocol === NextHeader.Icmpv6) return receiveIcmpv6(wire, p, at, upperLength, source, destination);
  return { reason: "None", protocol, at };
}

function receiveMobility(
  wire: Wire, at: number, length: number, source: number, destination: number,
): Received {
  const { mobility, mobilityOptions } = wire.files;
  const result: Received = { reason: "None", protocol: NextHeader.Mobility, at };
  const summed = mobility.verifyChecksum(source, destination, at, length);
  if (summed === Reason.MobilityTruncated) return { ...result, reason: "MobilityTruncated" };
  const type = mobility.type(at);
  const verdict = mobility.check(at, length);
  if (verdict !== Reason.None) return { ...result, type, reason: Reason[summed || verdict] };
  readMobility(wire, type, at);
  if (type === MobilityHeaderType.Experimental) return { ...result, type, reason: Reason[summed] }; // it has no options

  const [first, end] = [at + MOBILITY_OPTIONS[type], mobility.end(at)];
  const checked = mobilityOptions.check(first, end);
  if (checked !== Reason.None) return { ...result, type, reason: Reason[summed || checked] };
  const options = [];
  for (let option = first; option < end; option = mobilityOptions.next(option)) {
    if (mobilityOptions.type(option) > 1) options.push(mobilityOptions.type(option));
  }
  for (let wanted = 0; wanted < 256; wanted++) {
    const option = mobilityOptions.find(first, end, wanted);
    if (option !== 0) readOption(wire, wanted, option);
  }
  mobilityOptions.findAuthentication(first, end, 1);
  return { ...result, type, options, reason: Reason[summed] };
}

function readMobility(wire: Wire, type: number, at: number): void {
  const { files } = wire;
  if (type === MobilityHeaderType.HomeTestInit) files.homeTestInit.cookie(at);
  if (type === MobilityHeaderType.CareofTestInit) files.careofTestInit.cookie(at);
  if (type === MobilityHeaderType.HomeTest) files.homeTest.keygenToken(at);
  if (type === MobilityHeaderType.CareofTest) files.careofTest.keygenToken(at);
  if (type === MobilityHeaderType.BindingUpdate) files.bindingUpdate.lifetimeMs(at);
  if (type === MobilityHeaderType.BindingAcknowledgement) files.bindingAcknowledgement.lifetimeMs(at);
  if (type === MobilityHeaderType.BindingError) wire.get(files.bindingError.homeAddress(at), 16);
  if (type === MobilityHeaderType.Experimental && files.pathProbe.isProbe(at)) wire.get(files.pathProbe.seenAddress(at), 16);
}

function readOption(wire: Wire, type: number, option: number): void {
  const { bindingOptions, ipv4Options, authenticationOptions: authentication } = wire.files;
  if (type === 2) bindingOptions.refreshIntervalMs(option);
  if (type === 3) wire.get(bindingOptions.alternateCareofAddress(option), 16);
  if (type === 4) bindingOptions.careofNonceIndex(option);
  if (type === 5) wire.get(bindingOptions.authenticator(option), bindingOptions.authenticatorLength(option));
  if (type === 8) wire.get(authentication.identifier(option), authentication.identifierLength(option));
  if (type === 9) {
    authentication.mobilitySpi(option);
    wire.get(authentication.authenticationData(option), authentication.authenticationDataLength(option));
  }
  if (type === 10) authentication.timestamp(option);
  if (type >= 29 && type <= 32) wire.get(ipv4Options.address(option), 4);
}

function receiveIcmpv6(
  wire: Wire, packet: number, at: number, length: number, source: number, destination: number,
): Received {
  const { icmp6, router, neighbour, homeAgentDiscovery, mobilePrefix } = wire.files;
  const result = { protocol: NextHeader.Icmpv6, at };
  const summed = icmp6.check(at, length, source, destination);
  if (summed !== Reason.None) return { ...result, reason: Reason[summed] };
  const type = icmp6.type(at);
  const verdict = () => {
    switch (type) {
      case Icmpv6Type.RouterSolicitation:
        return router.checkSolicitation(packet, at, length);
      case Icmpv6Type.RouterAdvertisement:
        return router.checkAdvertisement(packet, at, length) || (router.retransTimerMs(at), Reason.None);
      case Icmpv6Type.NeighbourSolicitation:
        return neighbour.checkSolicitation(packet, at, length);
      case Icmpv6Type.NeighbourAdvertisement:
        return neighbour.checkAdvertisement(packet, at, length) || (neighbour.hasFlag(at, 1), Reason.None);
      case Icmpv6Type.HomeAgentAddressDiscoveryRequest:
      case Icmpv6Type.HomeAgentAddressDiscoveryReply:
        return homeAgentDiscovery.check(at, length, source, destination) || readAddresses(wire, at, length);
      case Icmpv6Type.MobilePrefixSolicitation:
      case Icmpv6Type.MobilePrefixAdvertisement:
        return mobilePrefix.check(at, length, source, destination) || readPrefixes(wire, at + 8, at + length);
      default:
        return Reason.None;
    }
  };
  return { ...result, type, reason: Reason[verdict()] };
}

function readAddresses(wire: Wire, at: number, length: number): Reason {
  const { homeAgentDiscovery } = wire.files;
  const count = homeAgentDiscovery.addressCount(length);
  for (let index = 0; index < count; index++) wire.get(homeAgentDiscovery.address(at, index), 16);
  return Reason.None;
}

function readPrefixes(wire: Wire, first: number, end: number): Reason {
  const { neighbourOptions: options } = wire.files;
  for (const type of [1, 3, 5, 7, 8]) {
    const option = options.find(first, end, type);
    if (option !== 0 && type === 3) wire.get(options.prefix(option), 16);
    if (option !== 0 && type !== 1) options.mtuBytes(option);
  }
  return Reason.None;
}
