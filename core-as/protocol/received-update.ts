/**
 * What is kept of a Binding Update while it is processed, and while duplicate address detection makes its
 * sender wait: all that its Binding Acknowledgement needs, so that the packet need not be in hand any more.
 */
import { MAX_IDENTITY_BYTES } from "../abi/contract";
import { BindingUpdateFlag, MobilityOptionType } from "../abi/codes";
import { copyAddress, sameAddress } from "../wire/bytes";
import * as authenticationOptions from "../wire/authentication-options";
import * as bindingOptions from "../wire/binding-options";
import * as bindingUpdate from "../wire/binding-update";
import * as ip6 from "../wire/ip6";
import { NONE } from "../tables/slab";
import * as received from "./mobility-message";

@unmanaged
export class ReceivedUpdate {
  homeHigh: u64;
  homeLow: u64;
  careofHigh: u64;
  careofLow: u64;
  sourceHigh: u64;
  sourceLow: u64;
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

  /** True when it asks for the end of the binding (6275-6.1.7-12; RFC 6275 §9.5.1). */
  isRemoval(): bool {
    return this.lifetimeMs == 0 || sameAddress(this.careof(), this.home());
  }
}

/** Octets of a record with its identity. */
export const RECORD_BYTES: u32 = 96 + MAX_IDENTITY_BYTES;

const inHand = memory.data(336, 8); // RECORD_BYTES

/** Reads the Binding Update that `mobility-message` has in hand; valid until the next one. */
export function take(device: u32): ReceivedUpdate {
  const update = changetype<ReceivedUpdate>(inHand);
  const message = received.message();
  const option = received.homeAddressOption();
  copyAddress(update.source(), ip6.source(received.packet()));
  // 6275-9.5.1-19: the home address is that of the option, without one the source.
  copyAddress(update.home(), option != 0 ? option : update.source());
  const alternate = received.option(MobilityOptionType.AlternateCareofAddress);
  // 6275-9.5.1-18
  const careof = alternate != 0 ? bindingOptions.alternateCareofAddress(alternate) : update.source();
  copyAddress(update.careof(), careof);
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
  takeIdentity(update, received.option(MobilityOptionType.MobileNodeIdentifier));
  return update;
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
