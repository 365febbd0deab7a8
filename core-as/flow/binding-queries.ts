/** The binding cache as records of a query: a home agent's, or a correspondent node's. */
import * as abi from "../abi/contract";
import { copyAddress } from "../wire/bytes";
import { isMapped } from "../wire/mapped";
import * as natMapping from "../protocol/nat-mapping";
import * as bindings from "../tables/bindings";
import { Binding } from "../tables/bindings";
import * as clock from "../tables/clock";
import * as devices from "../tables/devices";
import * as nodes from "../tables/nodes";
import { NONE } from "../tables/slab";

let nextCursor: u32 = 0;

/** Where `list` goes on; 0: it is complete. */
export function cursor(): u32 {
  return nextCursor;
}

/** BINDING_* records from `from` on; returns their octets. The entry of an IPv4 home address goes with the other one. */
export function list(from: u32, reply: usize): u32 {
  nextCursor = 0;
  let used: u32 = 0;
  for (let record = bindings.next(from); record != NONE; record = bindings.next(record + 1)) {
    // A correspondent node remembers one that has ended.
    if (!bindings.isInForce(record) || isMapped(bindings.homeAddress(bindings.at(record)))) continue;
    if (used + abi.BINDING_BYTES > <u32>abi.REPLY_BYTES) {
      nextCursor = record;
      break;
    }
    write(reply + used, bindings.at(record));
    used += abi.BINDING_BYTES;
  }
  return used;
}

function write(p: usize, binding: Binding): void {
  memory.fill(p, 0, abi.BINDING_BYTES);
  copyAddress(p + abi.BINDING_HOME_ADDRESS, bindings.homeAddress(binding));
  copyAddress(p + abi.BINDING_CAREOF_ADDRESS, bindings.careofAddress(binding));
  store<f64>(p, max<f64>(0, binding.expiresMs - clock.now()), abi.BINDING_REMAINING);
  store<f64>(p, clock.now() - binding.sinceMs, abi.BINDING_AGE);
  writeTraffic(p, binding);
  store<u32>(p, binding.node == NONE ? NONE : nodes.at(binding.node).id, abi.BINDING_NODE);
  store<u16>(p, <u16>binding.identifier, abi.BINDING_BID);
  store<u16>(p, binding.sequence, abi.BINDING_SEQUENCE);
  store<u16>(p, <u16>binding.flags, abi.BINDING_FLAGS);
  store<u16>(p, <u16>min<u32>(binding.pathMtu, devices.leastAccessMtu()), abi.BINDING_PATH_MTU);
  store<u16>(p, binding.port, abi.BINDING_PORT);
  store<u8>(p, <u8>binding.encapsulation(), abi.BINDING_ENCAPSULATION);
  store<u8>(p, binding.isBehindNat ? 1 : 0, abi.BINDING_NAT);
  store<u32>(p, natMapping.refreshS(binding), abi.BINDING_REFRESH_S);
  store<u32>(p, binding.natHeldS, abi.BINDING_NAT_HELD_S);
  store<u32>(p, binding.natLostS, abi.BINDING_NAT_LOST_S);
}

/** What both entries have carried, and the address of the other one. */
function writeTraffic(p: usize, binding: Binding): void {
  store<f64>(p, binding.packetsIn, abi.BINDING_PACKETS_IN);
  store<f64>(p, binding.packetsOut, abi.BINDING_PACKETS_OUT);
  store<f64>(p, binding.bytesIn, abi.BINDING_BYTES_IN);
  store<f64>(p, binding.bytesOut, abi.BINDING_BYTES_OUT);
  if (binding.companion == NONE) return;
  const other = bindings.at(binding.companion);
  copyAddress(p + abi.BINDING_IPV4_HOME_ADDRESS, bindings.homeAddress(other));
  store<f64>(p, binding.packetsIn + other.packetsIn, abi.BINDING_PACKETS_IN);
  store<f64>(p, binding.packetsOut + other.packetsOut, abi.BINDING_PACKETS_OUT);
  store<f64>(p, binding.bytesIn + other.bytesIn, abi.BINDING_BYTES_IN);
  store<f64>(p, binding.bytesOut + other.bytesOut, abi.BINDING_BYTES_OUT);
}
