/**
 * What is kept of a Binding Update while it is processed, and while duplicate address detection makes its
 * sender wait: all that its Binding Acknowledgement needs, so that the packet need not be in hand any more.
 */
import { MAX_IDENTITY_BYTES } from "../abi/contract";
import { BindingUpdateFlag, Ipv4AddressStatus, MobilityOptionType } from "../abi/codes";
import { copyAddress, sameAddress } from "../wire/bytes";
import * as authenticationOptions from "../wire/authentication-options";
import * as bindingOptions from "../wire/binding-options";
import * as bindingUpdate from "../wire/binding-update";
import * as ip6 from "../wire/ip6";
import * as ipv4Options from "../wire/ipv4-options";
import { ipv4 } from "../wire/mapped";
import * as arrival from "../encap/arrival";
import { Path } from "../tables/path";
import { NONE } from "../tables/slab";
import * as received from "./mobility-message";

/** An IPv4 Home Address option, and what the acknowledgement will say of it (RFC 5555 §3.1.1, §3.2.1). */
@unmanaged
export class AskedIpv4 {
  /** Four octets: asked for, then given; 0: any. */
  address: u32;
  prefixLength: u8;
  wantsPrefix: bool;
  /** Ipv4AddressStatus; a Binding Update that is refused as a whole gives no address. */
  status: u8;
  grantedPrefixLength: u8;

  /** Pointer to the four octets. */
  octets(): usize {
    return changetype<usize>(this);
  }
}

/** IPv4 Home Address options of one message that are answered: an address, a prefix, and what is one too many. */
export const MAX_ASKED: u32 = 4;

@unmanaged
export class ReceivedUpdate {
  homeHigh: u64;
  homeLow: u64;
  careofHigh: u64;
  careofLow: u64;
  sourceHigh: u64;
  sourceLow: u64;
  // The care-of address that its authentication option is about.
  signedHigh: u64;
  signedLow: u64;
  // The way back to where it came from: a Path.
  way0: u64;
  way1: u64;
  way2: u64;
  way3: u64;
  way4: u64;
  way5: u64;
  // MAX_ASKED × AskedIpv4
  asked0: u64;
  asked1: u64;
  asked2: u64;
  asked3: u64;
  /** Of the replay protection option (RFC 4285 §6), where there is one. */
  timestamp: u64;
  /** Lifetime asked for. */
  lifetimeMs: f64;
  /** Device it came from. */
  device: u32;
  /** Record of the mobile node, NONE: not known (yet). */
  node: u32;
  sequence: u32;
  /** BindingUpdateFlag */
  flags: u32;
  /** Zero: the second key of an index by home address is not used here. */
  zero: u32;
  hasHomeAddressOption: bool;
  hasTimestamp: bool;
  /** Octets of the identity that stands behind this record; 0: it brought none. */
  identityBytes: u16;
  /** By UDP: the care-of address that the mobile node itself knows, four octets, an IPv6 one folded; 0: not told. */
  claimedCareof: u32;
  /** Silence that a mobile node behind a NAT is advised, s. */
  refreshS: u32;
  /** IPv4 Home Address options. */
  askedCount: u8;
  /** By UDP: a NAT has changed the address on the way (5555-4.5-1). */
  hasNat: bool;
  /** Packets go by UDP from now on. */
  usesUdp: bool;
  /** It asks for UDP and is refused for that (RFC 5555 §4.5). */
  isUdpRefused: bool;

  /** Pointer to the home address. */
  home(): usize {
    return changetype<usize>(this);
  }

  /** Pointer to the care-of address. */
  careof(): usize {
    return changetype<usize>(this) + offsetof<ReceivedUpdate>("careofHigh");
  }

  /** Pointer to the source address of the packet. */
  source(): usize {
    return changetype<usize>(this) + offsetof<ReceivedUpdate>("sourceHigh");
  }

  /** How it came, and the way that its acknowledgement takes. */
  way(): Path {
    return changetype<Path>(changetype<usize>(this) + offsetof<ReceivedUpdate>("way0"));
  }

  /** True when it came in a datagram. */
  isByUdp(): bool {
    return this.way().isUdp();
  }

  /** Pointer to the address that it came from, as people would look for it. */
  from(): usize {
    return this.isByUdp() ? this.careof() : this.source();
  }

  /**
   * Pointer to the care-of address as the authentication option means it (RFC 4285 §5.1): the one in the Alternate
   * Care-of Address option, else the source of the message, which by UDP over IPv4 is the home address. A NAT has its
   * hand in the other one.
   */
  signedCareof(): usize {
    return changetype<usize>(this) + offsetof<ReceivedUpdate>("signedHigh");
  }

  /** The same in the acknowledgement: where that goes to, in a datagram the home address (5555-4.4.2-4). */
  answeredCareof(): usize {
    return this.isByUdp() ? this.home() : this.careof();
  }

  /** The IPv4 Home Address option number `index`, below `askedCount`. */
  asked(index: u32): AskedIpv4 {
    const first = changetype<usize>(this) + offsetof<ReceivedUpdate>("asked0");
    return changetype<AskedIpv4>(first + <usize>index * offsetof<AskedIpv4>());
  }

  /** Pointer to the identity (RFC 4283 §3). */
  identity(): usize {
    return changetype<usize>(this) + offsetof<ReceivedUpdate>();
  }

  hasFlag(flag: u32): bool {
    return (this.flags & flag) != 0;
  }

  isHomeRegistration(): bool {
    return this.hasFlag(BindingUpdateFlag.HomeRegistration);
  }

  /**
   * True when it asks for the end of the binding (6275-6.1.7-12; RFC 6275 §9.5.1). By UDP, only its lifetime says so:
   * the care-of address is what others have written into the outer header.
   */
  isRemoval(): bool {
    return this.lifetimeMs == 0 || (!this.isByUdp() && sameAddress(this.careof(), this.home()));
  }
}

/** Octets of a record with its identity. */
export const RECORD_BYTES: u32 = 200 + MAX_IDENTITY_BYTES;

const inHand = memory.data(440, 8); // RECORD_BYTES

/** Reads the Binding Update that `mobility-message` has in hand; valid until the next one. */
export function take(device: u32): ReceivedUpdate {
  const update = changetype<ReceivedUpdate>(inHand);
  const message = received.message();
  const option = received.homeAddressOption();
  copyAddress(update.source(), ip6.source(received.packet()));
  // 6275-9.5.1-19: the home address is that of the option, without one the source.
  copyAddress(update.home(), option != 0 ? option : update.source());
  arrival.copy(changetype<usize>(update.way()));
  update.claimedCareof = 0;
  update.hasNat = false;
  update.usesUdp = false;
  update.refreshS = 0;
  if (update.isByUdp()) takeMapped(update);
  else takeCareof(update);
  takeAsked(update);
  const replay = received.option(MobilityOptionType.ReplayProtection);
  update.hasTimestamp = replay != 0;
  update.timestamp = replay != 0 ? authenticationOptions.timestamp(replay) : 0;
  update.lifetimeMs = bindingUpdate.lifetimeMs(message);
  update.device = device;
  update.node = NONE;
  update.sequence = bindingUpdate.sequence(message);
  update.flags = bindingUpdate.flags(message);
  update.zero = 0;
  update.hasHomeAddressOption = option != 0;
  update.isUdpRefused = false;
  takeIdentity(update, received.option(MobilityOptionType.MobileNodeIdentifier));
  return update;
}

function takeCareof(update: ReceivedUpdate): void {
  const alternate = received.option(MobilityOptionType.AlternateCareofAddress);
  // 6275-9.5.1-18
  const careof = alternate != 0 ? bindingOptions.alternateCareofAddress(alternate) : update.source();
  copyAddress(update.careof(), careof);
  copyAddress(update.signedCareof(), careof);
}

/**
 * By UDP, the care-of address is that of the outer header (5555-2.3.2.2-3), and a NAT is where the mobile node says
 * another one (5555-4.5-1; RFC 5555 §4.2). By UDP over IPv6, our extension, the Alternate Care-of Address option says it.
 */
function takeMapped(update: ReceivedUpdate): void {
  const way = update.way();
  copyAddress(update.careof(), way.remote());
  copyAddress(update.signedCareof(), update.source());
  if (way.isIpv4()) {
    const option = received.option(MobilityOptionType.Ipv4CareofAddress);
    if (option == 0) return;
    update.claimedCareof = load<u32>(ipv4Options.address(option));
    update.hasNat = update.claimedCareof != load<u32>(ipv4(way.remote()));
  } else {
    const option = received.option(MobilityOptionType.AlternateCareofAddress);
    if (option == 0) return;
    const claimed = bindingOptions.alternateCareofAddress(option);
    copyAddress(update.signedCareof(), claimed);
    update.claimedCareof = fold(claimed);
    update.hasNat = !sameAddress(claimed, way.remote());
  }
}

/** 32 bits that are others when the address is another one, but for a chance that does no harm. */
function fold(address: usize): u32 {
  const mixed = load<u64>(address) ^ load<u64>(address, 8);
  return <u32>(mixed ^ (mixed >> 32)) | 1;
}

function takeAsked(update: ReceivedUpdate): void {
  let count: u32 = 0;
  let option = received.option(MobilityOptionType.Ipv4HomeAddress);
  while (option != 0 && count < MAX_ASKED) {
    const asked = update.asked(count++);
    asked.address = load<u32>(ipv4Options.address(option));
    asked.prefixLength = <u8>ipv4Options.prefixLength(option);
    asked.wantsPrefix = ipv4Options.wantsPrefix(option);
    asked.status = <u8>Ipv4AddressStatus.ReasonUnspecified;
    asked.grantedPrefixLength = 0;
    option = received.optionAfter(option, MobilityOptionType.Ipv4HomeAddress);
  }
  update.askedCount = <u8>count;
}

/** A longer identity is nobody's: no node has one. */
function takeIdentity(update: ReceivedUpdate, option: usize): void {
  update.identityBytes = 0;
  if (option == 0) return;
  const length = min<u32>(authenticationOptions.identifierLength(option), MAX_IDENTITY_BYTES);
  memory.copy(update.identity(), authenticationOptions.identifier(option), length);
  update.identityBytes = <u16>length;
}

/** Keeps a copy of `update` at `to`, which has RECORD_BYTES octets. */
export function copy(to: usize, update: ReceivedUpdate): void {
  memory.copy(to, changetype<usize>(update), offsetof<ReceivedUpdate>() + update.identityBytes);
}
