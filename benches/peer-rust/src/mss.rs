//! The maximum segment size of a TCP connection through the tunnel (RFC 9293 §3.7.1), found by smoltcp.
use etherparse::{Ipv6HeaderSlice, ip_number};
use smoltcp::wire::{TcpOption, TcpPacket};

use crate::chain;
use crate::checksum;

const TCP_BYTES: usize = 20;
const CHECKSUM: usize = 16;

/// Lowers the segment size of a SYN so that segments and their headers, but for the IPv6 header, have `room` octets.
pub fn clamp(packet: &mut [u8], room: usize) {
    let Some(at) = Ipv6HeaderSlice::from_slice(packet)
        .ok()
        .and_then(|header| chain::find_upper(&header, packet, ip_number::TCP))
    else {
        return;
    };
    let segment = &mut packet[at..];
    let Some(value_at) = segment_size(segment) else { return };
    let size = (room - TCP_BYTES) as u16;
    if u16::from_be_bytes([segment[value_at], segment[value_at + 1]]) <= size {
        return;
    }
    // Options stand anywhere, and sums are of whole words: an odd place lies in two.
    let first = value_at & !1;
    let last = if value_at & 1 == 0 { first + 2 } else { first + 4 };
    let mut before = [0; 4];
    before[..last - first].copy_from_slice(&segment[first..last]);
    segment[value_at..value_at + 2].copy_from_slice(&size.to_be_bytes());
    let old = u16::from_be_bytes([segment[CHECKSUM], segment[CHECKSUM + 1]]);
    let new = checksum::updated(old, &before[..last - first], &segment[first..last]);
    segment[CHECKSUM..CHECKSUM + 2].copy_from_slice(&new.to_be_bytes());
}

/// Where the value of the option stands in a SYN.
fn segment_size(segment: &[u8]) -> Option<usize> {
    let tcp = TcpPacket::new_checked(segment).ok()?;
    if !tcp.syn() {
        return None;
    }
    let options = &segment[TCP_BYTES..usize::from(tcp.header_len())];
    let mut rest = options;
    while !rest.is_empty() {
        let at = TCP_BYTES + options.len() - rest.len();
        let (behind, option) = TcpOption::parse(rest).ok()?;
        match option {
            TcpOption::EndOfList => return None,
            TcpOption::MaxSegmentSize(_) => return Some(at + 2),
            _ => rest = behind,
        }
    }
    None
}
