//! The headers of a packet as records, for a comparison with those that the core's codec finds: where each begins,
//! how long it is, and what the two can be asked about it.
use etherparse::{IpNumber, Ipv6HeaderSlice, Ipv6RawExtHeaderSlice, TcpSlice, UdpSlice, ip_number};

use crate::chain::{self, Chain, IPV6_BYTES};
use crate::checksum;
use crate::send::packet_bytes;

const MOBILITY: IpNumber = IpNumber(135);
const ICMPV6_BYTES: usize = 8;

/// protocol, offset, octets, first value, second value, checksum (0: none, 1: right, 2: wrong)
pub const RECORD_WORDS: usize = 6;

/// The values are of IPv6: traffic class and flow label in one, next header and hop limit in one; of a Fragment
/// header: offset, more; of TCP and UDP: the ports; of ICMPv6: type, code.
pub fn dissect(octets: &[u8], records: &mut Vec<u32>) {
    records.clear();
    let (mut at, mut end) = (0, octets.len());
    while let Some((inner, inner_end)) = packet(&octets[..end], at, records) {
        (at, end) = (inner, inner_end);
    }
}

/// Reads the packet at `at`; returns where the one in it begins, and where it must have ended.
fn packet(octets: &[u8], at: usize, records: &mut Vec<u32>) -> Option<(usize, usize)> {
    let length = packet_bytes(&octets[at..]).ok()?;
    let packet = &octets[at..at + length];
    let header = Ipv6HeaderSlice::from_slice(packet).ok()?;
    let word = u32::from(header.traffic_class()) << 20 | header.flow_label().value();
    let ends = u32::from(header.next_header().0) << 8 | u32::from(header.hop_limit());
    put(records, ip_number::IPV6, at, IPV6_BYTES, word, ends, 0);
    let chain = chain::walk(&header, packet).ok()?;

    let mut protocol = header.next_header();
    let mut from = IPV6_BYTES;
    while from < chain.upper_at || (protocol.0 == chain.upper && chain::is_extension(protocol)) {
        let (next, extension) = chain::extension(protocol, &packet[from..]).ok()?;
        let (offset, more) = if protocol == ip_number::IPV6_FRAGMENTATION_HEADER {
            let fragment = chain::fragment(extension, from);
            (fragment.offset as u32, u32::from(fragment.more))
        } else {
            (0, 0)
        };
        put(records, protocol, at + from, extension.len(), offset, more, 0);
        if offset != 0 {
            return None; // the middle of something
        }
        protocol = next;
        from += extension.len();
    }
    if chain.upper == ip_number::IPV6.0 {
        return Some((at + from, at + length));
    }
    let _cut = upper(&chain, packet, at, records);
    None
}

/// Puts down the message behind the headers; None when it is cut off.
fn upper(chain: &Chain, packet: &[u8], at: usize, records: &mut Vec<u32>) -> Option<()> {
    let message = &packet[chain.upper_at..];
    let begin = at + chain.upper_at;
    let protocol = IpNumber(chain.upper);
    let source = chain.home_address_at.map_or(&packet[8..24], |home| &packet[home..home + 16]);
    let destination = chain.routed_address_at.map_or(&packet[24..40], |home| &packet[home..home + 16]);
    let verified = |octets: &[u8]| match checksum::is_right(source, destination, octets, chain.upper) {
        // not all of it is here, or its final destination is in the routing header (RFC 8200 §8.1)
        _ if chain.is_fragment() || chain.is_source_routed => 0,
        true => 1,
        false => 2,
    };
    match protocol {
        ip_number::UDP => {
            let udp = UdpSlice::from_slice(message).ok()?;
            // a tunnel may leave it out (RFC 8200 §8.1, RFC 6935)
            let sum = if udp.checksum() == 0 { 0 } else { verified(udp.slice()) };
            put(records, protocol, begin, 8, u32::from(udp.source_port()), u32::from(udp.destination_port()), sum);
        }
        ip_number::TCP => {
            let tcp = TcpSlice::from_slice(message).ok()?;
            let ports = (u32::from(tcp.source_port()), u32::from(tcp.destination_port()));
            put(records, protocol, begin, tcp.header_slice().len(), ports.0, ports.1, verified(message));
        }
        ip_number::IPV6_ICMP if message.len() >= ICMPV6_BYTES => {
            let (kind, code) = (u32::from(message[0]), u32::from(message[1]));
            put(records, protocol, begin, message.len(), kind, code, verified(message));
        }
        MOBILITY => {
            let mobility = Ipv6RawExtHeaderSlice::from_slice(message).ok()?;
            let kind = u32::from(mobility.payload()[0]);
            put(records, protocol, begin, mobility.slice().len(), kind, 0, verified(mobility.slice()));
        }
        _ => {}
    }
    Some(())
}

fn put(records: &mut Vec<u32>, protocol: IpNumber, at: usize, octets: usize, first: u32, second: u32, checksum: u32) {
    records.extend([u32::from(protocol.0), at as u32, octets as u32, first, second, checksum]);
}
