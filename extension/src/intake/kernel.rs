//! What the kernel dropped before anybody could read it, because its buffer for the socket was full.
//!
//! The socket's own counter (`SO_RXQ_OVFL`) comes as ancillary data with each datagram, which costs every receive a longer system call;
//! the same number stands in `/proc/net/udp`, to be read when it is asked for.

use std::fs;
use std::os::fd::AsRawFd;

/// Datagrams dropped since the socket was bound; none where the kernel does not say.
pub(super) fn dropped(socket: &impl AsRawFd) -> Option<u64> {
    let link = fs::read_link(format!("/proc/self/fd/{}", socket.as_raw_fd())).ok()?;
    let inode = link
        .to_str()?
        .strip_prefix("socket:[")?
        .strip_suffix(']')?
        .to_owned();
    ["/proc/self/net/udp", "/proc/self/net/udp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .find_map(|table| drops_of(&table, &inode))
}

/// In the kernel's table, whose tenth column is the inode and whose last is the count.
fn drops_of(table: &str, inode: &str) -> Option<u64> {
    let row = table
        .lines()
        .find(|row| row.split_ascii_whitespace().nth(9) == Some(inode))?;
    row.split_ascii_whitespace().last()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  311: 0100007F:07D0 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 49511 2 ffff8880aa 17
  312: 0100007F:07D1 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 49512 2 ffff8880ab 0
";

    #[test]
    fn the_row_of_the_socket_counts() {
        assert_eq!(drops_of(TABLE, "49511"), Some(17));
        assert_eq!(drops_of(TABLE, "49512"), Some(0));
        for (table, inode) in [(TABLE, "1"), ("", "1"), ("a b c", "c"), (TABLE, "inode")] {
            assert_eq!(drops_of(table, inode), None);
        }
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        assert_eq!(dropped(&socket), Some(0));
        let sender = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let limit = socket2::SockRef::from(&socket).set_recv_buffer_size(4096);
        assert!(limit.is_ok());
        for _ in 0..100 {
            sender
                .send_to(&[0; 1000], socket.local_addr().unwrap())
                .unwrap();
        }
        socket.set_nonblocking(true).unwrap();
        let read = std::iter::from_fn(|| socket.recv(&mut [0; 1000]).ok()).count() as u64;
        assert!(read < 100);
        assert_eq!(dropped(&socket), Some(100 - read));
    }
}
