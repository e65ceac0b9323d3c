//! Where an endpoint may be. A question holds a side's limit and the key of an account, and an answer is shown: neither
//! goes to a machine of the own network because a name was made to lead there.
//!
//! The models file is written by who keeps the machine, so an address that stands there in digits is meant, and so is a
//! name that only the own network knows. A public name is to lead to a public address. What counts is the address that
//! is connected to, at each connection: names are looked up here, and nowhere else again.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// What an address is, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Public,
    /// Of this machine, or of the networks that the internet does not lead to.
    Near,
    /// Of the wire itself: clouds keep the credentials of machines at such addresses.
    Link,
    /// No machine's: unspecified, multicast, reserved.
    Nobodys,
}

pub fn kind(address: IpAddr) -> Kind {
    match address.to_canonical() {
        IpAddr::V4(v4) => kind_of_v4(v4),
        IpAddr::V6(v6) => kind_of_v6(v6),
    }
}

fn kind_of_v4(v4: Ipv4Addr) -> Kind {
    let [a, b, c, _] = v4.octets();
    match (a, b) {
        _ if v4.is_link_local() => Kind::Link,
        // A cloud's place for the credentials of machines, among the shared addresses.
        _ if v4 == Ipv4Addr::new(100, 100, 100, 200) => Kind::Link,
        _ if v4.is_loopback() || v4.is_private() => Kind::Near,
        // Shared by carriers, benchmarks.
        (100, 64..=127) | (198, 18..=19) => Kind::Near,
        (0 | 224.., _) => Kind::Nobodys,
        // Assignments of protocols, documentation, and 6to4's old relays.
        (192, 0) if c == 0 => Kind::Nobodys,
        (192, 88) if c == 99 => Kind::Nobodys,
        _ if v4.is_documentation() => Kind::Nobodys,
        _ => Kind::Public,
    }
}

fn kind_of_v6(v6: Ipv6Addr) -> Kind {
    let segments = v6.segments();
    let embedded =
        |high: u16, low: u16| kind_of_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match segments {
        _ if v6.is_loopback() => Kind::Near,
        // A cloud's place for the credentials of machines.
        [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254] => Kind::Link,
        _ if v6.is_unicast_link_local() => Kind::Link,
        _ if v6.is_unique_local() => Kind::Near,
        _ if v6.is_unspecified() || v6.is_multicast() => Kind::Nobodys,
        // Within them are addresses of the older kind: NAT64, 6to4.
        [0x0064, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => embedded(high, low),
        // Global unicast, without Teredo, benchmarks and documentation.
        [0x2001, 0x0000 | 0x0002 | 0x0db8, ..] => Kind::Nobodys,
        [0x2000..=0x3fff, ..] => Kind::Public,
        _ => Kind::Nobodys,
    }
}

/// Which addresses an endpoint may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Public,
    /// Of the own network as well.
    Near,
    /// Of the wire as well: what the definition says in so many words.
    All,
}

impl Reach {
    /// Of the definition's `private`, or of what stands as the host of its address.
    pub fn of(private: Option<bool>, url: &Url) -> Reach {
        match private {
            Some(true) => Reach::All,
            Some(false) => Reach::Public,
            None if is_of_own_network(url.host_str().unwrap_or_default()) => Reach::Near,
            None => Reach::Public,
        }
    }

    pub fn takes(self, address: IpAddr) -> bool {
        match kind(address) {
            Kind::Public => true,
            Kind::Near => self != Reach::Public,
            Kind::Link => self == Reach::All,
            Kind::Nobodys => false,
        }
    }
}

/// The address that stands in digits as a host.
pub fn in_digits(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Digits, and names that the internet has not: of one word, or below a domain that is kept for own networks.
fn is_of_own_network(host: &str) -> bool {
    const OWN: [&str; 7] =
        ["localhost", "local", "internal", "lan", "svc", "home.arpa", "cluster.local"];
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let name = host.trim_end_matches('.');
    bare.parse::<IpAddr>().is_ok()
        || !name.contains('.')
        || OWN.iter().any(|own| name.strip_suffix(own).is_some_and(|rest| rest.ends_with('.')))
}

/// Looks names up, and gives of their addresses those that are within reach.
#[derive(Clone, Copy, Debug)]
pub struct Guarded(pub Reach);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            // The port is put in by who connects.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let all: Vec<SocketAddr> = found.collect();
            let within: Vec<SocketAddr> =
                all.iter().copied().filter(|one| reach.takes(one.ip())).collect();
            match (all.first(), within.is_empty()) {
                (Some(one), true) => Err(beyond(name.as_str(), one.ip()).into()),
                _ => Ok(Box::new(within.into_iter()) as Addrs),
            }
        })
    }
}

fn beyond(name: &str, address: IpAddr) -> io::Error {
    let detail = format!(
        "{name} leads to {address}, which is no public address: where that is meant, write `private = true`"
    );
    io::Error::new(io::ErrorKind::PermissionDenied, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect(text)
    }

    #[test]
    fn addresses_are_what_they_are_in_every_spelling() {
        let table = [
            (Kind::Public, vec!["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101"]),
            (
                Kind::Near,
                vec![
                    "127.0.0.1",
                    "127.9.9.9",
                    "::1",
                    "::ffff:127.0.0.1",
                    "10.1.2.3",
                    "172.16.0.1",
                    "192.168.1.1",
                    "::ffff:192.168.1.1",
                    "100.64.0.1",
                    "fd12::1",
                    "64:ff9b::10.0.0.1",
                    "2002:a00:1::",
                ],
            ),
            (
                Kind::Link,
                vec![
                    "169.254.169.254",
                    "::ffff:169.254.169.254",
                    "fe80::1",
                    "fd00:ec2::254",
                    "100.100.100.200",
                    "2002:a9fe:a9fe::",
                ],
            ),
            (
                Kind::Nobodys,
                vec!["0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "ff02::1", "2001:db8::1"],
            ),
        ];
        for (expected, addresses) in table {
            for text in addresses {
                assert_eq!(kind(address(text)), expected, "{text}");
            }
        }
    }

    #[test]
    fn a_public_name_reaches_public_addresses_alone() {
        let reach = |url: &str, private| Reach::of(private, &url.parse().expect(url));
        for own in [
            "http://127.0.0.1:8000/v1",
            "http://[fd12::1]/v1",
            "http://vllm:8000/v1",
            "http://localhost/v1",
            "http://vllm.souk.svc.cluster.local/v1",
            "http://gpu.lan./v1",
        ] {
            assert_eq!(reach(own, None), Reach::Near, "{own}");
        }
        for public in
            ["https://models.example/v1", "https://my.notlocal/v1", "https://local.example"]
        {
            assert_eq!(reach(public, None), Reach::Public, "{public}");
        }
        assert_eq!(reach("http://127.0.0.1/v1", Some(false)), Reach::Public);
        assert_eq!(reach("https://models.example/v1", Some(true)), Reach::All);
        let table = [
            ("1.1.1.1", [true, true, true]),
            ("10.0.0.1", [false, true, true]),
            ("169.254.169.254", [false, false, true]),
            ("0.0.0.0", [false, false, false]),
        ];
        for (text, expected) in table {
            let takes =
                [Reach::Public, Reach::Near, Reach::All].map(|reach| reach.takes(address(text)));
            assert_eq!(takes, expected, "{text}");
        }
    }

    #[tokio::test]
    async fn a_name_is_judged_by_the_address_it_leads_to() {
        let look = |reach: Reach| Guarded(reach).resolve("localhost".parse().expect("a name"));
        let refused = look(Reach::Public).await.err().expect("this machine is not public");
        assert!(refused.to_string().contains("private = true"), "{refused}");
        let taken = look(Reach::Near).await.expect("meant");
        assert!(taken.into_iter().all(|one| one.ip().is_loopback()));
    }
}
