//! What comes from the network to the home agent: walked, verified, and taken out of its tunnel (RFC 6275 §10.4.5,
//! RFC 2473 §3.3). Messages of the protocol are recognised and their checksums verified, no more.
use etherparse::{Ipv6HeaderSlice, Ipv6RawExtHeaderSlice, ip_number};

use crate::bindings::Bindings;
use crate::chain::{self, Chain, IPV6_BYTES};
use crate::checksum;
use crate::send::packet_bytes;
use crate::verdict::{Judged, Verdict};

const MOBILITY: u8 = 135;
const MOBILITY_MIN_BYTES: usize = 8;
const EXPERIMENTAL: u8 = 11;
const ICMPV6_MIN_BYTES: usize = 8;
const ECHO_REQUEST: u8 = 128;
const ECHO_REPLY: u8 = 129;
const ECN_MASK: u8 = 3;
const CAPABLE_1: u8 = 1;
const CAPABLE_0: u8 = 2;
const EXPERIENCED: u8 = 3;

/// Takes the packet of `length` octets at `at` of the ring. Returns where the inner packet begins and how long it is.
pub fn receive(
    ring: &mut [u8], at: usize, length: usize, own: &[u8; 16], bindings: &mut Bindings, now: f64,
) -> Judged<(usize, usize)> {
    let length = packet_bytes(&ring[at..at + length])?;
    let packet = &ring[at..at + length];
    let header = Ipv6HeaderSlice::from_slice(packet).map_err(|_| Verdict::HeaderTruncated)?;
    if header.destination() != *own {
        return Err(Verdict::NotForUs);
    }
    let chain = chain::walk(&header, packet)?;
    if chain.routed_address_at.is_some() {
        return Err(Verdict::RoutingNotOurs);
    }
    if chain.is_source_routed {
        return Err(Verdict::RoutingTypeUnrecognized);
    }
    if chain.is_fragment() {
        return Err(fragment(&chain, length));
    }
    let careof = header.source();
    check_home_address(&chain, packet, &careof, bindings, now)?;
    match chain.upper {
        MOBILITY => Err(mobility(source(&chain, packet), own, &packet[chain.upper_at..])),
        protocol if protocol == ip_number::IPV6.0 => {
            decapsulate(&mut ring[..at + length], at + chain.upper_at, at, own, bindings, now)
        }
        protocol if protocol == ip_number::IPV4.0 => Err(Verdict::Ipv4Inside),
        protocol if protocol == ip_number::IPV6_ICMP.0 => Err(icmpv6(&chain, packet, own)),
        _ => Err(Verdict::UpperProtocolUnknown),
    }
}

/// RFC 8200 §4.5: all but the last one carry whole units of eight octets.
fn fragment(chain: &Chain, length: usize) -> Verdict {
    let Some(fragment) = chain.fragment else { return Verdict::FragmentMalformed };
    let octets = length - fragment.at - 8;
    let is_malformed = octets == 0 || (fragment.more && octets % 8 != 0);
    if is_malformed { Verdict::FragmentMalformed } else { Verdict::Fragment }
}

/// RFC 6275 §9.3.1: needs a binding, unless what follows shows who sent the packet.
fn check_home_address(
    chain: &Chain, packet: &[u8], careof: &[u8; 16], bindings: &mut Bindings, now: f64,
) -> Judged<()> {
    let Some(home_at) = chain.home_address_at else { return Ok(()) };
    let is_protected =
        chain.upper == MOBILITY || chain.upper == ip_number::ENCAPSULATING_SECURITY_PAYLOAD.0 || chain.is_authenticated;
    let home = chain::address(&packet[home_at..]).octets();
    let is_bound = bindings.alive(&home, now).is_some_and(|binding| binding.careof == *careof);
    if !is_bound && !is_protected {
        return Err(Verdict::HomeAddressWithoutBinding);
    }
    let is_for_host = match chain.upper {
        MOBILITY => false,
        protocol if protocol == ip_number::IPV6.0 => false,
        protocol if protocol == ip_number::IPV6_ICMP.0 => {
            let message = &packet[chain.upper_at..];
            message.len() >= ICMPV6_MIN_BYTES && matches!(message[0], ECHO_REQUEST | ECHO_REPLY)
        }
        _ => true,
    };
    if is_bound && is_for_host { Err(Verdict::ForTheHost) } else { Ok(()) }
}

/// Where the source address of the pseudo-header stands: the home address, where there is one (RFC 6275 §6.1.1, §9.3.1).
fn source<'a>(chain: &Chain, packet: &'a [u8]) -> &'a [u8] {
    let at = chain.home_address_at.unwrap_or(8);
    &packet[at..at + 16]
}

/// The checksum is over the Mobility Header alone, as long as it says (RFC 6275 §6.1.1, RFC 8200 §8.1).
fn mobility(source: &[u8], own: &[u8; 16], message: &[u8]) -> Verdict {
    let Ok(header) = Ipv6RawExtHeaderSlice::from_slice(message) else { return Verdict::MobilityTruncated };
    let is_right = checksum::is_right_quickly(source, own, header.slice(), MOBILITY);
    if is_right { Verdict::MobilityMessage } else { Verdict::MobilityChecksum }
}

fn icmpv6(chain: &Chain, packet: &[u8], own: &[u8; 16]) -> Verdict {
    match packet.len() - chain.upper_at {
        0..ICMPV6_MIN_BYTES => Verdict::Icmpv6Truncated,
        _ if checksum::is_right_quickly(source(chain, packet), own, &packet[chain.upper_at..], chain.upper) => {
            Verdict::Icmpv6Message
        }
        _ => Verdict::Icmpv6Checksum,
    }
}

/// The inner packet at `at`, to the end of the ring that is given; the outer one is at `outer_at`.
fn decapsulate(
    ring: &mut [u8], at: usize, outer_at: usize, own: &[u8; 16], bindings: &mut Bindings, now: f64,
) -> Judged<(usize, usize)> {
    let length = packet_bytes(&ring[at..]).map_err(|_| Verdict::InnerMalformed)?;
    let outer = Ipv6HeaderSlice::from_slice(&ring[outer_at..]).map_err(|_| Verdict::HeaderTruncated)?;
    let (careof, outer_class) = (outer.source(), outer.traffic_class());
    let inner = Ipv6HeaderSlice::from_slice(&ring[at..]).map_err(|_| Verdict::InnerMalformed)?;
    let own_class = inner.traffic_class();
    let (home, destination) = (inner.source(), inner.destination());
    let message_at = at + IPV6_BYTES;
    let is_message = inner.next_header().0 == MOBILITY && destination == *own;
    // An experimental message (RFC 5096) may try a way that is not bound yet.
    let is_trial = is_message && length >= IPV6_BYTES + MOBILITY_MIN_BYTES && ring[message_at + 2] == EXPERIMENTAL;
    let class = merged(outer_class, own_class).ok_or(Verdict::CongestionLost)?;
    if destination[0] == 0xff {
        return Err(Verdict::Group);
    }
    if is_trial && bindings.find(&home).is_some() {
        return Err(mobility(&home, own, &ring[message_at..at + length]));
    }
    let binding = bindings
        .alive(&home, now)
        .filter(|binding| binding.careof == careof)
        .ok_or(Verdict::TunnelSourceNotBound)?;
    if chain::is_link_local(&destination) {
        return Err(Verdict::LinkLocal);
    }
    binding.packets_in += 1.0;
    binding.bytes_in += length as f64;
    let room = binding.path_mtu - IPV6_BYTES;
    if class != own_class {
        ring[at] = ring[at] & 0xf0 | class >> 4;
        ring[at + 1] = ring[at + 1] & 0x0f | class << 4;
    }
    crate::mss::clamp(&mut ring[at..at + length], room.max(1280) - IPV6_BYTES);
    Ok((at, length))
}

/// RFC 6040 §4.2: the traffic class behind the tunnel. None: the packet is lost, its sender could not be told of
/// the congestion.
fn merged(outer: u8, inner: u8) -> Option<u8> {
    match (outer & ECN_MASK, inner & ECN_MASK) {
        (EXPERIENCED, 0) => None,
        (EXPERIENCED, _) => Some(inner | EXPERIENCED),
        (CAPABLE_1, CAPABLE_0) => Some(inner & !ECN_MASK | CAPABLE_1),
        _ => Some(inner),
    }
}
