//! The server's half of SMTP: everything is taken and nothing goes on.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use mailin::response::{INTERNAL_ERROR, NO_MAILBOX, OK};
use mailin::{Action, Handler, Response, SessionBuilder};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::Catcher;

/// Of one mail, and of one line.
const LARGEST: usize = 10 * 1024 * 1024;
const LONGEST_LINE: u64 = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(100);

/// One conversation's mail so far.
struct Taking {
    catcher: Catcher,
    to: Vec<String>,
    raw: Vec<u8>,
}

impl Handler for Taking {
    fn mail(&mut self, _ip: IpAddr, _domain: &str, _from: &str) -> Response {
        self.to.clear();
        self.raw.clear();
        OK
    }

    fn rcpt(&mut self, to: &str) -> Response {
        match to.split('@').next() {
            Some("bounce") => return NO_MAILBOX,
            Some("defer") => return INTERNAL_ERROR,
            _ => {}
        }
        self.to.push(to.to_owned());
        OK
    }

    fn data(&mut self, line: &[u8]) -> io::Result<()> {
        if self.raw.len() + line.len() > LARGEST {
            return Err(io::Error::other("the mail is too large"));
        }
        self.raw.extend_from_slice(line);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        self.catcher.keep(std::mem::take(&mut self.to), &std::mem::take(&mut self.raw));
        OK
    }
}

impl Catcher {
    /// Takes mail until told to stop.
    pub async fn take(self, listener: TcpListener, stop: CancellationToken) {
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((socket, peer)) => {
                    let (catcher, stop) = (self.clone(), stop.clone());
                    tokio::spawn(async move {
                        tokio::select! {
                            () = stop.cancelled() => {}
                            // Who hangs up in the middle has sent nothing.
                            _hung_up = converse(catcher, socket, peer.ip()) => {}
                        }
                    });
                }
                Err(cause) => {
                    tracing::warn!(%cause, "nobody can be let in");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

async fn converse(catcher: Catcher, socket: TcpStream, peer: IpAddr) -> io::Result<()> {
    let taking = Taking { catcher, to: Vec::new(), raw: Vec::new() };
    let mut session = SessionBuilder::new("mail-catcher").build(peer, taking);
    let (reader, mut writer) = socket.into_split();
    let mut reader = BufReader::new(reader);
    writer.write_all(&session.greeting().buffer()?).await?;
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut bounded = (&mut reader).take(LONGEST_LINE);
        if tokio::time::timeout(PATIENCE, bounded.read_until(b'\n', &mut line)).await?? == 0 {
            return Ok(());
        }
        let response = session.process(&line);
        match response.action {
            Action::NoReply => {}
            Action::Reply => writer.write_all(&response.buffer()?).await?,
            Action::Close | Action::UpgradeTls => {
                writer.write_all(&response.buffer()?).await?;
                return writer.shutdown().await;
            }
        }
    }
}
