/** ARP on a real home link, for the IPv4 home addresses of nodes that are away (RFC 826, RFC 1027). */
import { Reason } from "../abi/reasons";

/** Takes the ARP message of `length` octets at `message` from link `device`; returns what refused it, uncounted. */
export function receive(_device: u32, _message: usize, _length: u32): Reason {
  return Reason.NotForUs;
}
