//! Whether this shop is a demo. Decided once, from where it listens, where browsers find it and what its operator says.
//!
//! A demo has accounts whose passwords everybody knows, shows every mail and offers both on its pages. That is for a shop
//! that nothing but its own machine reaches, unless its operator says so in so many words.

use std::fmt;
use std::net::SocketAddr;

use kit::loopback::is_for_this_machine_alone;
use serde::{Deserialize, Deserializer, Serialize};

/// What the operator says of it: `demo` in the configuration, `--demo` on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Wish {
    /// A demo where nobody but this machine reaches the shop.
    #[default]
    Auto,
    On,
    Off,
}

/// Who reaches a shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Programs of its own machine.
    Loopback,
    /// Strangers.
    Network,
}

/// The decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demo {
    reach: Reach,
    wish: Wish,
}

impl Demo {
    /// `listen` is the address as the operator gave it; `public_url` may be empty.
    pub fn decide(listen: SocketAddr, public_url: &str, wish: Wish) -> Self {
        let here = is_for_this_machine_alone(listen, public_url);
        Self { reach: if here { Reach::Loopback } else { Reach::Network }, wish }
    }

    /// Whether the accounts of the demo, its mails and its buttons are there.
    pub fn is_on(self) -> bool {
        match self.wish {
            Wish::Auto => self.reach == Reach::Loopback,
            Wish::On => true,
            Wish::Off => false,
        }
    }

    /// Whether strangers reach the shop.
    pub fn is_public(self) -> bool {
        self.reach == Reach::Network
    }

    /// The decision for a process that is started by whoever has taken it.
    pub fn as_wish(self) -> Wish {
        if self.is_on() { Wish::On } else { Wish::Off }
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::On => "on",
            Self::Off => "off",
        })
    }
}

/// `auto`, `on` and `off`, or what TOML and the environment have for a yes and a no.
impl<'de> Deserialize<'de> for Wish {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Given {
            Plain(bool),
            Named(String),
        }
        let given = Given::deserialize(deserializer)
            .map_err(|_other_type| serde::de::Error::custom("`demo` is one of auto, on and off"))?;
        match given {
            Given::Plain(true) => Ok(Self::On),
            Given::Plain(false) => Ok(Self::Off),
            Given::Named(name) => match name.to_ascii_lowercase().as_str() {
                "auto" => Ok(Self::Auto),
                "on" => Ok(Self::On),
                "off" => Ok(Self::Off),
                _ => Err(serde::de::Error::custom("`demo` is one of auto, on and off")),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: [&str; 5] = ["127.0.0.1:0", "127.0.0.1:4000", "127.8.8.8:80", "[::1]:4000", "[::ffff:127.0.0.1]:4000"];
    const THERE: [&str; 6] =
        ["0.0.0.0:0", "0.0.0.0:4000", "[::]:4000", "192.168.0.7:4000", "203.0.113.7:80", "[::ffff:203.0.113.7]:80"];
    const OURS: [&str; 8] = [
        "",
        "http://127.0.0.1:4000",
        "http://localhost:4000",
        "https://localhost",
        "http://shop.localhost:4000/",
        "http://[::1]:4000",
        "http://127.1:4000",
        "http://localhost.:4000",
    ];
    const PUBLIC: [&str; 8] = [
        "https://shop.example",
        "http://192.168.0.7:4000",
        "http://0.0.0.0:4000",
        "https://localhost.evil.example",
        "https://127.0.0.1.evil.example",
        "http://notlocalhost",
        "http://localhost@shop.example",
        "shop.example",
    ];

    fn decided(listen: &str, public_url: &str, wish: Wish) -> Demo {
        Demo::decide(listen.parse().expect("an address"), public_url, wish)
    }

    #[test]
    fn a_shop_is_a_demo_where_only_its_own_machine_reaches_it_or_its_operator_says_so() {
        let mut cases = 0;
        for (listens, here) in [(&HERE[..], true), (&THERE[..], false)] {
            for (urls, ours) in [(OURS, true), (PUBLIC, false)] {
                for (listen, url) in listens.iter().flat_map(|listen| urls.map(|url| (*listen, url))) {
                    let said = |wish| decided(listen, url, wish).is_on();
                    assert_eq!(said(Wish::Auto), here && ours, "{listen} as {url:?}");
                    assert!(said(Wish::On) && !said(Wish::Off), "{listen} as {url:?}");
                    assert_eq!(decided(listen, url, Wish::On).is_public(), !(here && ours), "{listen} as {url:?}");
                    cases += 3;
                }
            }
        }
        assert_eq!(cases, 11 * 16 * 3);
    }

    #[test]
    fn who_is_told_the_decision_comes_to_the_same() {
        for (listen, url) in [("127.0.0.1:1", ""), ("0.0.0.0:1", ""), ("127.0.0.1:1", "https://shop.example")] {
            for wish in [Wish::Auto, Wish::On, Wish::Off] {
                let decided = decided(listen, url, wish);
                for (listen, url) in [("127.0.0.1:1", "http://127.0.0.1:1"), ("0.0.0.0:1", "https://shop.example")] {
                    assert_eq!(self::decided(listen, url, decided.as_wish()).is_on(), decided.is_on());
                }
            }
        }
    }

    #[test]
    fn the_wish_is_said_in_words_or_as_a_yes_or_no() {
        let read = |text: &str| serde_json::from_str::<Wish>(text).ok();
        assert_eq!(read("\"auto\""), Some(Wish::Auto));
        for (yes, no) in [("true", "false"), ("\"on\"", "\"off\""), ("\"ON\"", "\"Off\"")] {
            assert_eq!((read(yes), read(no)), (Some(Wish::On), Some(Wish::Off)));
        }
        for nonsense in ["\"\"", "\"yes please\"", "1", "null", "[]"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
