//! Into the tunnel (RFC 6275 §10.4.2, RFC 2473): the binding is found, and the outer header written before the packet.
use etherparse::{Ipv6FlowLabel, Ipv6Header, Ipv6HeaderSlice, ip_number};
use smoltcp::wire::{Ipv6Option, Ipv6OptionType};

use crate::bindings::Bindings;
use crate::chain::{self, IPV6_BYTES};
use crate::mss;
use crate::verdict::{Judged, Verdict};

const HOP_LIMIT: u8 = 64;
const MINIMUM_MTU: usize = 1280;
const LIMIT: Ipv6OptionType = Ipv6OptionType::Unknown(4);
const LIMIT_BYTES: usize = 8;

/// The IPv6 packet at the beginning of `octets`, without what is behind it (RFC 8200 §3).
pub fn packet_bytes(octets: &[u8]) -> Judged<usize> {
    let header = Ipv6HeaderSlice::from_slice(octets).map_err(|error| {
        use etherparse::err::ipv6::HeaderSliceError;
        match error {
            HeaderSliceError::Len(_) if octets.first().is_some_and(|first| first >> 4 != 6) => Verdict::NotIpv6,
            HeaderSliceError::Len(_) => Verdict::HeaderTruncated,
            HeaderSliceError::Content(_) => Verdict::NotIpv6,
        }
    })?;
    let length = IPV6_BYTES + usize::from(header.payload_length());
    if octets.len() < length { Err(Verdict::HeaderTruncated) } else { Ok(length) }
}

/// Encapsulates the packet of `length` octets at `at` of the ring, for the home agent `own`. Returns where the outer
/// packet begins and how long it is.
pub fn send(
    ring: &mut [u8], at: usize, length: usize, own: &[u8; 16], bindings: &mut Bindings, now: f64,
) -> Judged<(usize, usize)> {
    let length = packet_bytes(&ring[at..at + length])?;
    let packet = &ring[at..at + length];
    let header = Ipv6HeaderSlice::from_slice(packet).map_err(|_| Verdict::HeaderTruncated)?;
    let (source, destination) = (header.source(), header.destination());
    if destination[0] == 0xff {
        return Err(Verdict::Group);
    }
    if chain::is_link_local(&destination) {
        return Err(Verdict::LinkLocal);
    }
    let binding = bindings.alive(&destination, now).ok_or(Verdict::NoBinding)?;
    if source == *own {
        return Err(if destination == binding.careof { Verdict::Recursive } else { Verdict::OwnPacket });
    }
    let has_extensions = chain::is_extension(header.next_header());
    let limit = if has_extensions { encapsulation_limit(&header, packet) } else { None };
    if limit == Some(0) {
        return Err(Verdict::EncapsulationLimit);
    }
    let limit_bytes = if limit.is_some() { LIMIT_BYTES } else { 0 };
    let room = binding.path_mtu - IPV6_BYTES - limit_bytes;
    if length > room {
        return Err(if length > MINIMUM_MTU { Verdict::TooBig } else { Verdict::ToBeFragmented });
    }
    let outer = Ipv6Header {
        traffic_class: header.traffic_class(), // RFC 6040 §4.1, normal mode, and the DSCP with it
        flow_label: flow_label(&source, &destination, header.flow_label().value()),
        payload_length: (length + limit_bytes) as u16,
        next_header: if limit.is_some() { ip_number::IPV6_DESTINATION_OPTIONS } else { ip_number::IPV6 },
        hop_limit: HOP_LIMIT,
        source: *own,
        destination: binding.careof,
    };
    binding.packets_out += 1.0;
    binding.bytes_out += length as f64;
    if has_extensions || header.next_header() == ip_number::TCP {
        mss::clamp(&mut ring[at..at + length], room.max(MINIMUM_MTU) - IPV6_BYTES);
    }
    if let Some(limit) = limit {
        // A Destination Options header with the limit and padding (RFC 2473 §4.1.1).
        ring[at - LIMIT_BYTES..at].copy_from_slice(&[ip_number::IPV6.0, 0, 4, 1, limit - 1, 1, 1, 0]);
    }
    let begin = at - limit_bytes - IPV6_BYTES;
    ring[begin..begin + IPV6_BYTES].copy_from_slice(&outer.to_bytes());
    Ok((begin, IPV6_BYTES + limit_bytes + length))
}

/// The Tunnel Encapsulation Limit of a packet that is to be tunnelled (RFC 2473 §4.1.1).
fn encapsulation_limit(header: &Ipv6HeaderSlice, packet: &[u8]) -> Option<u8> {
    let mut protocol = header.next_header();
    let mut at = IPV6_BYTES;
    for _ in 0..8 {
        if !chain::is_extension(protocol) {
            return None;
        }
        let (next, octets) = chain::extension(protocol, &packet[at..]).ok()?;
        if protocol == ip_number::IPV6_DESTINATION_OPTIONS {
            if let Some(limit) = limit_in(&octets[2..]) {
                return Some(limit);
            }
        }
        if protocol == ip_number::IPV6_FRAGMENTATION_HEADER {
            return None;
        }
        protocol = next;
        at += octets.len();
    }
    None
}

fn limit_in(mut rest: &[u8]) -> Option<u8> {
    while !rest.is_empty() {
        let option = Ipv6Option::new_checked(rest).ok()?;
        let octets = match option.option_type() {
            Ipv6OptionType::Pad1 => 1,
            LIMIT if option.data_len() == 1 => return option.data().first().copied(),
            _ => 2 + usize::from(option.data_len()),
        };
        rest = &rest[octets..];
    }
    None
}

/// One label for all packets of a flow (RFC 6438 §3); which one is free, and this is the core's, so that the octets
/// can be compared.
fn flow_label(source: &[u8; 16], destination: &[u8; 16], inner: u32) -> Ipv6FlowLabel {
    let word = |address: &[u8; 16], at: usize| {
        let mut octets = [0; 8];
        octets.copy_from_slice(&address[at..at + 8]);
        u64::from_le_bytes(octets)
    };
    const FIRST: u64 = 0x9e37_79b9_7f4a_7c15;
    let high = (word(source, 0) ^ u64::from(inner)).wrapping_mul(FIRST) ^ word(destination, 0);
    let low = word(source, 8).wrapping_mul(0xd1b5_4a32_d192_ed03) ^ word(destination, 8);
    let hash = (high.rotate_left(32) ^ low).wrapping_mul(FIRST);
    let label = ((hash ^ (hash >> 32)) >> 12) as u32 & 0xf_ffff;
    Ipv6FlowLabel::try_new(label).unwrap_or(Ipv6FlowLabel::ZERO)
}
